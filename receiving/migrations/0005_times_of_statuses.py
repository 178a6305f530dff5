"""The times of a WRO stand in its status changes only."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("receiving", "0004_fill_status_changes")]

    operations = [
        migrations.RemoveField(model_name="wro", name="arrived_at"),
        migrations.RemoveField(model_name="wro", name="cancelled_at"),
        migrations.RemoveField(model_name="wro", name="completed_at"),
        migrations.RemoveField(model_name="wro", name="submitted_at"),
        migrations.AlterField(
            model_name="wro",
            name="saved_at",
            field=models.DateTimeField(editable=False, verbose_name="last saved"),
        ),
    ]
