from typing import Any

from django.core.management.base import BaseCommand

from inventory.services.holds import lift_overdue_holds
from merchants.clock import read_clock


class Command(BaseCommand):
    help = (
        "Lift every hold whose time is over and offer its units to backorders. To be run by a "
        "schedule, every few minutes; a hold is never lifted early."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        lifted = lift_overdue_holds(now=read_clock())
        what = "1 hold" if lifted == 1 else f"{lifted} holds"
        self.stdout.write(f"{what} lifted." if lifted else "No hold was due.")
