"""Tasks that behave badly, for workers in processes of their own."""

import os
import signal
import time
from pathlib import Path

from django.db import transaction
from django_tasks import task

from merchants.errors import Refusal
from merchants.models import Merchant

PATIENCE_SECONDS = 180


def wait_for(path: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not Path(path).exists():
        if time.monotonic() > deadline:
            raise TimeoutError(path)
        time.sleep(0.02)


@task
def rename(code: str, name: str, reached: str, go: str) -> str:
    """Renames a merchant, and stops in the middle of the transaction until `go` is there."""
    with transaction.atomic():
        Merchant.objects.filter(code=code).update(name=name)
        Path(reached).write_text(str(os.getpid()))
        wait_for(go)
    return name


@task
def wait(reached: str, go: str) -> None:
    """The same without a transaction."""
    Path(reached).write_text(str(os.getpid()))
    wait_for(go)


@task
def stumble(tries: str, succeed_at: int) -> None:
    """Notes each of its runs, and fails until the one that is named."""
    with Path(tries).open("a") as file:
        file.write("x")
    if len(Path(tries).read_text()) < succeed_at:
        raise ValueError("the printer is on fire")


@task
def refuse() -> None:
    raise Refusal("nothing_to_do", "There is nothing to do.")


@task
def answer_badly() -> object:
    """Its answer cannot be kept."""
    return object()


@task
def kill_worker(tries: str) -> None:
    """Takes its worker down, as a job that eats all memory does."""
    with Path(tries).open("a") as file:
        file.write("x")
    os.kill(os.getpid(), signal.SIGKILL)


@task(takes_context=True)
def tell_attempt(context) -> int:
    return len(context.task_result.worker_ids)
