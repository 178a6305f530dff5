from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from inventory.queries.audit import differences


class Command(BaseCommand):
    help = (
        "Recompute every balance, promise, counter and copy from the movements and print each "
        "difference. Changes nothing; exits non-zero when anything differs."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = 0")  # it reads all there is,
                cursor.execute("SET work_mem = '256MB'")  # and adds up in memory, not on disk
        found = 0
        for one in differences():
            found += 1
            self.stdout.write(f"{one.rule}: {one.row} is {one.stored}, should be {one.expected}")
        if found:
            raise CommandError(f"The ledger does not agree with itself: {found} differences.")
        self.stdout.write("The ledger agrees with itself.")
