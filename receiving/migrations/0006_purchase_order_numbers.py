from django.db import migrations, models

import merchants.indexes


class Migration(migrations.Migration):

    dependencies = [
        ("merchants", "0003_long_lists"),
        ("receiving", "0005_times_of_statuses"),
    ]

    operations = [
        migrations.AddField(
            model_name="wro",
            name="purchase_order_number",
            field=models.CharField(blank=True, default="", help_text="Of the order that brings the goods.", max_length=64, verbose_name="purchase order"),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="wro",
            name="reference",
            field=models.CharField(blank=True, help_text="The merchant's own number for it.", max_length=64),
        ),
        migrations.AddIndex(
            model_name="wro",
            index=merchants.indexes.PrefixIndex(fields=["purchase_order_number"], name="wro_purchase_order"),
        ),
        migrations.AddConstraint(
            model_name="wro",
            constraint=models.UniqueConstraint(condition=models.Q(("purchase_order_number", ""), _negated=True), fields=("merchant", "purchase_order_number"), name="purchase_order_number_is_unique_per_merchant", violation_error_message="Another WRO has this purchase-order number."),
        ),
    ]
