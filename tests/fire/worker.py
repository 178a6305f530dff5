"""A background worker as `manage.py worker` is, but mortal."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lotwms.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from tests.fire import points  # noqa: E402

if __name__ == "__main__":
    points.arm()
    call_command("worker", interval=0.05, parent=int(os.environ["FIRE_PARENT"]))
