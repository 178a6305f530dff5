from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.crypto import get_random_string

from jobs.worker import work


class Command(BaseCommand):
    help = (
        "Work on background jobs until told to stop (SIGTERM or Ctrl-C, which let the job in hand "
        "end; a second one gives it back). Start as many as you like; one that is killed loses "
        "nothing, for another takes up its job."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--interval", type=float, default=1.0, help="seconds to rest when nothing is to do"
        )
        parser.add_argument("--batch", action="store_true", help="end when nothing is left to do")
        parser.add_argument("--parent", type=int, help="a process that it must not outlive")

    def handle(self, *args: Any, interval: float, batch: bool, **options: Any) -> None:
        work(
            worker_id=get_random_string(32),
            interval=interval,
            batch=batch,
            parent=options["parent"],
        )
