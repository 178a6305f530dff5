import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

THREADS = 8
PATIENCE_SECONDS = 5


class Command(BaseCommand):
    """One process for one machine: what `make run` does after installing."""

    help = "Brings the database up to date, fills it with demo data and serves on 127.0.0.1."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("`start` fills in demo data; docs/deployment.md says how to serve.")
        if _has_migrations_to_run():
            self.stdout.write("Preparing the database ...")
            call_command("migrate", verbosity=0)
            call_command("set_up_groups", stdout=self.stdout)
        call_command("demo", stdout=self.stdout)
        connections.close_all()  # a connection must not be shared with the processes to come
        with _worker():
            _Server(port, when_ready=self.tell).run()

    def tell(self, arbiter: Arbiter) -> None:
        for address in arbiter.address:
            self.stdout.write(f"lotwms is at http://{address[0]}:{address[1]}/ (Ctrl-C stops it)")
        self.stdout.flush()


@contextmanager
def _worker() -> Iterator[None]:
    """A worker of background jobs beside the server, which ends with it, even if that is killed.

    In a session of its own: Ctrl-C is for the server, which then tells the worker.
    """
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker"]
    worker = subprocess.Popen([*command, f"--parent={os.getpid()}"], start_new_session=True)
    try:
        yield
    finally:
        worker.terminate()
        try:
            worker.wait(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            worker.terminate()  # the second time it gives back the job that it has in hand
            worker.wait()


def _has_migrations_to_run() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


class _Server(BaseApplication):
    """One worker, so that what is counted in its memory is counted exactly."""

    def __init__(self, port: int, *, when_ready: Callable[[Arbiter], None]) -> None:
        self.port, self.when_ready = port, when_ready
        super().__init__()

    def load_config(self) -> None:
        self.cfg.set("bind", f"127.0.0.1:{self.port}")
        self.cfg.set("worker_class", "gthread")
        self.cfg.set("threads", THREADS)
        self.cfg.set("preload_app", True)
        self.cfg.set("control_socket_disable", True)  # it would be a file in the home directory
        self.cfg.set("loglevel", "warning")
        self.cfg.set("when_ready", self.when_ready)

    def load(self) -> Any:
        from lotwms.wsgi import application

        return application
