import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def leave_it_out_of_the_log(apps, schema_editor):
    """Counts need not outlive a crash, and no request should wait for a disk to be counted."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE merchants_requestcount SET UNLOGGED")


class Migration(migrations.Migration):

    dependencies = [
        ('merchants', '0003_long_lists'),
    ]

    operations = [
        migrations.CreateModel(
            name='RequestCount',
            fields=[
                ('user', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, serialize=False, to=settings.AUTH_USER_MODEL)),
                ('window', models.BigIntegerField()),
                ('counted', models.PositiveIntegerField()),
            ],
        ),
        migrations.RunPython(leave_it_out_of_the_log, migrations.RunPython.noop),
    ]
