from merchants.errors import Refusal


class JobNotFailed(Refusal):
    """Only a job that ended in the failed list is tried again by hand."""

    code = "job_not_failed"


class WorkerDied(Exception):
    """The worker that had the job in hand ended without a word: killed, out of memory, cut off."""
