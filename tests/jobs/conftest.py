import pytest

from tests.processes import Processes


@pytest.fixture
def start_worker(transactional_db):
    """Starts workers in processes of their own; they do not rest for long.

    A worker is given up after six beats: soon, but not before a busy machine lets it beat.
    """
    with Processes() as processes:

        def start(*arguments: str, beat: float = 0.7, attempts: int = 5):
            return processes.start(
                "manage.py",
                "worker",
                "--interval=0.05",
                *arguments,
                WORKER_BEAT_SECONDS=str(beat),
                JOB_ATTEMPTS=str(attempts),
                JOB_PAUSE_SECONDS="0.01",
            )

        yield start
