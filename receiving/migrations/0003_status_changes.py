import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import inventory.constraints

STATUSES = ["draft", "awaiting", "arrived", "processing", "completed", "cancelled"]


class Migration(migrations.Migration):

    dependencies = [
        ("receiving", "0002_long_lists"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="StatusChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("status", models.CharField(choices=[(one, one.capitalize()) for one in STATUSES], max_length=10)),
                ("at", models.DateTimeField()),
                ("by", models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("wro", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="status_changes", to="receiving.wro")),
            ],
            options={
                "verbose_name": "WRO status change",
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("status__in", STATUSES)), name="wro_status_change_is_known"),
                    inventory.constraints.AppendOnly(name="wro_status_changes_are_append_only"),
                ],
            },
        ),
        migrations.AddField(
            model_name="wro",
            name="saved_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="last saved"),
        ),
    ]
