"""A wave under way of which no job is known: it could neither be resumed nor told to have failed.

Interrupted, it goes on where it stopped when somebody resumes it; a job that is left does nothing.
"""

from django.db import migrations


def interrupt(apps, schema_editor):
    waves = apps.get_model("fulfillment", "Wave").objects
    under_way = waves.filter(status__in=["released", "running"], job_id=None)
    under_way.update(status="interrupted")


class Migration(migrations.Migration):

    dependencies = [("fulfillment", "0008_waves_chosen_by_hand")]

    operations = [migrations.RunPython(interrupt, migrations.RunPython.noop)]
