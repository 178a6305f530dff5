import django.db.models.deletion
from django.db import migrations, models

import inventory.constraints


def leads_to(model, name, **kwargs):
    return models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name=name, to=f"receiving.{model}", **kwargs)


class Migration(migrations.Migration):

    dependencies = [("receiving", "0006_purchase_order_numbers")]

    operations = [
        migrations.AddConstraint(
            model_name="box",
            constraint=models.UniqueConstraint(fields=("id", "wro"), name="box_and_its_wro"),
        ),
        migrations.AddConstraint(
            model_name="line",
            constraint=models.UniqueConstraint(fields=("id", "wro"), name="wro_line_and_its_wro"),
        ),
        migrations.AddConstraint(
            model_name="lotline",
            constraint=models.UniqueConstraint(fields=("id", "line"), name="wro_lot_and_its_line"),
        ),
        migrations.CreateModel(
            name="BoxContent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", models.PositiveIntegerField()),
                ("wro", leads_to("wro", "+")),
                ("box", leads_to("box", "contents")),
                ("line", leads_to("line", "packed")),
                ("lot_line", leads_to("lotline", "packed", null=True)),
            ],
            options={
                "verbose_name": "content of a box",
                "verbose_name_plural": "contents of boxes",
                "ordering": ["box", "id"],
                "constraints": [
                    models.UniqueConstraint(condition=models.Q(("lot_line", None)), fields=("box", "line"), name="a_product_without_lots_once_per_box"),
                    models.UniqueConstraint(fields=("box", "lot_line"), name="a_lot_once_per_box"),
                    models.CheckConstraint(condition=models.Q(("quantity__gt", 0)), name="a_box_content_is_units"),
                    inventory.constraints.CompositeForeignKey("box", name="box_content_is_of_its_wros_box", same={"wro": "wro"}),
                    inventory.constraints.CompositeForeignKey("line", name="box_content_is_of_its_wros_line", same={"wro": "wro"}),
                    inventory.constraints.CompositeForeignKey("lot_line", name="box_content_is_of_its_lines_lot", same={"line": "line"}),
                ],
            },
        ),
    ]
