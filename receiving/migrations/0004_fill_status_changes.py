"""What was kept of each WRO's way so far; who set a status was kept only of its beginning."""

from django.db import migrations
from django.db.models import F

KEPT = {
    "awaiting": "submitted_at",
    "arrived": "arrived_at",
    "completed": "completed_at",
    "cancelled": "cancelled_at",
}


def fill(apps, schema_editor):
    WRO = apps.get_model("receiving", "WRO")
    StatusChange = apps.get_model("receiving", "StatusChange")
    WRO.objects.update(saved_at=F("created_at"))
    changes = []
    for wro in WRO.objects.order_by("id").iterator():
        changes.append(StatusChange(wro=wro, status="draft", at=wro.created_at, by_id=wro.created_by_id))
        changes += [
            StatusChange(wro=wro, status=status, at=at)
            for status, name in KEPT.items()
            if (at := getattr(wro, name))
        ]
    StatusChange.objects.bulk_create(changes, batch_size=1000)


class Migration(migrations.Migration):

    dependencies = [("receiving", "0003_status_changes")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
