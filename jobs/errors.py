"""What goes wrong with jobs, and how it is told."""

from __future__ import annotations

import re

from merchants.errors import Refusal


class JobNotFailed(Refusal):
    """Only a job that ended in the failed list is tried again by hand."""

    code = "job_not_failed"


class WorkerDied(Exception):
    """The worker that had the job in hand ended without a word: killed, out of memory, cut off."""


def last_line(traceback: str) -> str:
    """The line of a traceback that says what went wrong, without the module of the error."""
    return re.sub(r"^(\w+\.)+", "", traceback.strip().rpartition("\n")[2])
