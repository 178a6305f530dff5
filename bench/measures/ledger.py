"""`check_ledger` over all movements, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import psycopg

from bench.results import ROOT, Row
from bench.run import Run

MOST_SECONDS = 60
MOST_MB = 200


def measure(run: Run) -> Iterator[Row]:
    with psycopg.connect(run.url) as connection:
        row = connection.execute("SELECT count(*) FROM inventory_movement").fetchone()
    seconds, peak = zip(*(_check(run.url) for _ in range(min(3, run.repeats))), strict=True)
    yield Row(
        measure="ledger",
        name=f"check_ledger, {row[0] if row else 0:,} movements",
        unit="s",
        ours=seconds,
        rows=row[0] if row else 0,
        target=f"≤ {MOST_SECONDS} s over 5,000,000, constant memory",
        reached=max(seconds) <= MOST_SECONDS and max(peak) <= MOST_MB,
        note=f"(peak {max(peak):.0f} MB)",
    )


def _check(url: str) -> tuple[float, float]:
    """Seconds and peak megabytes; the command has to find nothing."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "check_ledger"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError("check_ledger found differences.")
    return time.perf_counter() - began, usage.ru_maxrss / 1024
