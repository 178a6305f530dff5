from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from lotwms.demo.house import LOG_IN
from lotwms.demo.story import exists, tell
from merchants.clock import read_clock


class Command(BaseCommand):
    help = (
        "Fill the database with a warehouse to look around in: two merchants, about 40 products, "
        "work in every state, all relative to today. Does nothing when it is there already."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo has a log-in that everybody knows: not in production.")
        if not exists():
            self.stdout.write("Filling in the demo ...")
            tell(read_clock())
        self.stdout.write(f"The log-in of the demo: name {LOG_IN}, password {LOG_IN}")
