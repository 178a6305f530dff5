from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from merchants.clock import read_clock
from merchants.models import Merchant
from merchants.services import create_api_key


class Command(BaseCommand):
    help = "Makes a key to the REST API and prints it, this once, alone on the last line."

    def add_arguments(self, parser: CommandParser) -> None:
        owner = parser.add_mutually_exclusive_group(required=True)
        owner.add_argument("--merchant", metavar="CODE", help="The merchant whose rows it sees.")
        owner.add_argument("--staff", action="store_true", help="A key that sees all merchants.")
        parser.add_argument("--name", default="command line", help="What the key is for.")

    def handle(self, *args: Any, name: str, merchant: str | None, **options: Any) -> None:
        try:
            owner = None if merchant is None else the_merchant(merchant)
            made = create_api_key(merchant=owner, name=name, actor=None, now=read_clock())
        except DatabaseError as error:
            raise CommandError(
                f"The database is not ready ({error}). Run `make run` or `manage.py migrate` first."
            ) from error
        whose = "staff" if owner is None else owner.code
        self.stdout.write(f"A key for {whose}; it cannot be shown again:")
        self.stdout.write(made.text)


def the_merchant(code: str) -> Merchant:
    merchant: Merchant | None = Merchant.objects.by_code(code).first()
    if merchant is None:
        raise CommandError(f"There is no merchant {code}.")
    return merchant
