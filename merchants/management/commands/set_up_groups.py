from typing import Any

from django.core.management.base import BaseCommand, CommandError

from merchants.groups import UnknownPermission, set_up_groups


class Command(BaseCommand):
    help = "Makes the groups of the house's staff with their permissions; safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            groups = set_up_groups()
        except UnknownPermission as error:
            raise CommandError(f"There is no permission {error}; run `migrate` first.") from error
        if options["verbosity"] > 1:
            self.stdout.write(", ".join(group.name for group in groups))
