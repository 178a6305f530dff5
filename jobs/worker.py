"""The loop of the task backend, made to survive: of its database, of its jobs, of itself."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.db import InterfaceError, OperationalError, connections
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS
from django_tasks.base import TaskContext
from django_tasks_db.management.commands.db_worker import Worker as Loop
from django_tasks_db.models import DBTaskResult

from jobs import schedule, services
from jobs.limits import BEAT_SECONDS

logger = logging.getLogger("jobs")

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT)


class Heart(threading.Thread):
    """Beats while the process lives, buries the dead among the others, and enqueues what is due.

    A thread, with a connection of its own, so that a long job does not keep it from beating.
    `parent`: the process that this worker must not outlive.
    """

    def __init__(self, worker_id: str, *, parent: int | None = None) -> None:
        super().__init__(name="heart", daemon=True)
        self.worker_id, self.parent = worker_id, parent
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.wait(BEAT_SECONDS):
            try:
                self.beat()
            except (OperationalError, InterfaceError) as error:
                logger.warning("A beat was missed: %s", error)
                connections.close_all()
        connections.close_all()

    def beat(self) -> None:
        if self.parent is not None and os.getppid() != self.parent:
            self.stopping.set()
            os.kill(os.getpid(), signal.SIGTERM)
            return
        services.beat(worker_id=self.worker_id)
        buried = services.bury_dead_workers()
        if buried:
            logger.warning("%s jobs of dead workers are taken up again", buried)
        schedule.enqueue_what_is_due()

    def stop(self) -> None:
        self.stopping.set()
        if self.ident is not None:
            self.join()


class Worker(Loop):
    """Takes one job after the other; how each ended is noted only while it is still its own."""

    def __init__(self, *, worker_id: str, interval: float, batch: bool) -> None:
        super().__init__(
            queue_names=["*"],
            interval=interval,
            batch=batch,
            backend_name=DEFAULT_TASK_BACKEND_ALIAS,
            startup_delay=False,
            max_tasks=None,
            worker_id=worker_id,
            excluded_queue_names=[],
        )

    def work(self) -> None:
        """Work until told to stop. A database that is away is waited for, whatever it takes."""
        while self.running:
            try:
                services.drop(worker_id=self.worker_id)
                services.beat(worker_id=self.worker_id)
                schedule.prepare()
                self.run()
                return
            except (OperationalError, InterfaceError) as error:
                logger.warning("The database is away: %s", error)
                connections.close_all()
                time.sleep(self.interval)

    def run_task(self, job: DBTaskResult) -> None:
        self.running_task = True
        try:
            value = call(job)
            own = services.finish(job=job, value=value)
        except Exception as error:
            logger.exception("Attempt %s of %s failed", len(job.worker_ids), job.task_path)
            own = services.fail(job=job, error=error)
        finally:
            self.running_task = False
        if not own:
            logger.warning("%s was taken from this worker meanwhile", job.task_path)


def call(job: DBTaskResult) -> Any:
    """Run the task of a job; what it answers has to be JSON."""
    task, result = job.task, job.task_result
    context = (TaskContext(task_result=result),) if task.takes_context else ()  # type: ignore[arg-type]
    answer = task.call(*context, *result.args, **result.kwargs)
    return json.loads(json.dumps(answer))  # refused here, before a transaction is begun to keep it


def work(*, worker_id: str, interval: float, batch: bool, parent: int | None = None) -> None:
    """Run one worker in this process until it is told to stop, or with `batch` has nothing to do.

    The first signal lets it finish the job in hand; the second gives the job back.
    """
    worker = Worker(worker_id=worker_id, interval=interval, batch=batch)
    heart = Heart(worker_id, parent=parent)
    restore = on_signals(worker.shutdown)
    heart.start()
    try:
        worker.work()
    finally:
        heart.stop()
        with suppress(OperationalError, InterfaceError):  # then the others find out by its silence
            services.leave(worker_id=worker_id)
        restore()


def on_signals(handle: Callable[..., None]) -> Callable[[], None]:
    """Handle the signals that end a worker; returns what puts the former handlers back."""
    former = {number: signal.signal(number, handle) for number in SIGNALS}

    def restore() -> None:
        for number, handler in former.items():
            signal.signal(number, handler)

    return restore
