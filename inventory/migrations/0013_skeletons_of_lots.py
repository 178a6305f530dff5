"""Fill the skeletons of lots that were there before."""

from django.db import migrations

from inventory.look_alikes import skeleton


def fill(apps, schema_editor):
    lots = apps.get_model("inventory", "Lot").objects.exclude(number="").only("pk", "number")
    batch = []
    for lot in lots.order_by("pk").iterator(chunk_size=2000):
        lot.number_skeleton = skeleton(lot.number)
        batch.append(lot)
        if len(batch) == 2000:
            lots.model.objects.bulk_update(batch, ["number_skeleton"])
            batch = []
    lots.model.objects.bulk_update(batch, ["number_skeleton"])


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0012_lot_numbers'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
