"""How much memory a worker takes for a wave of 10,000 orders."""

from __future__ import annotations

from collections.abc import Iterator

from bench.crew import Act, Crew
from bench.measures.waves import ORDERS, prepare
from bench.results import Row
from bench.run import Run
from fulfillment.models import Wave
from fulfillment.tasks import run_wave

MOST_MB = 300


def measure(run: Run) -> Iterator[Row]:
    (wave_id,) = prepare(run, ORDERS, 1)
    with Crew(1, run.url) as crew:
        before = crew.run(f"{__name__}:nothing").peak_mb
        peak = crew.run(f"{__name__}:ours", wave_id=wave_id).peak_mb
    done = Wave.objects.get(pk=wave_id).done_count
    yield Row(
        measure="memory",
        name=f"memory of a worker, wave of {ORDERS:,} orders",
        unit="MB",
        ours=[peak],
        target=f"≤ {MOST_MB} MB",
        reached=peak <= MOST_MB and done == ORDERS,
        note=f"({before:.0f} MB before it began)",
    )


def nothing(worker: int) -> Iterator[Act]:
    yield lambda: None


def ours(worker: int, *, wave_id: int) -> Iterator[Act]:
    yield lambda: run_wave.func(wave_id=wave_id)
