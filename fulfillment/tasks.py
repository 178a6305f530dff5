"""What the workers do for fulfillment. A task may run again: it goes on where it was left."""

from __future__ import annotations

from django_tasks import task

from fulfillment.services.waves import release_batch
from merchants.clock import read_clock


@task
def run_wave(wave_id: int) -> None:
    """Release a wave's orders until none is left or the wave is interrupted."""
    while release_batch(wave_id=wave_id, now=read_clock()):
        pass
