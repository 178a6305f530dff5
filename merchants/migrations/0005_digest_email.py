from django.db import migrations, models


def digest_email() -> models.EmailField:
    return models.EmailField(
        blank=True,
        help_text="Where the daily digest goes; empty: it is only kept on its page.",
        max_length=254,
        verbose_name="e-mail of the expiry digest",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("merchants", "0004_request_counts"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalmerchant", name="digest_email", field=digest_email()
        ),
        migrations.AddField(model_name="merchant", name="digest_email", field=digest_email()),
    ]
