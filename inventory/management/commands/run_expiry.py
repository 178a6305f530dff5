from typing import Any

from django.core.management.base import BaseCommand

from inventory.services.digests import deliver, write_digests
from inventory.services.expiry_run import run_due
from merchants.clock import read_clock


class Command(BaseCommand):
    help = (
        "Take back what is promised of units that expired in the night, in every warehouse whose "
        "day has begun, and tell the merchants once. Workers do the same by themselves."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        now = read_clock()
        for run in run_due(now=now):
            self.stdout.write(f"{run}: {run.units} units taken back of {run.products} products.")
        write_digests(now=now)
        self.stdout.write(f"{deliver(clock=read_clock)} digests sent.")
