"""One run: clients trade, workers die, the ledger is watched, and in the end all is told."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass

from tests.fire.checker import Outage, Story
from tests.fire.client import Client, Traffic
from tests.fire.house import House
from tests.fire.log import read
from tests.fire.marksman import LOOK_SECONDS, Marksman, Watchman, at_work

CLIENTS = 8
GONE_SECONDS = (2.0, 30.0)  # between these two, until a client noticed

Meanwhile = Callable[[Traffic], Sequence[Outage]]


@dataclass
class Result:
    """What is to be judged, how often each point was hit, and how long the trading took."""

    seed: str
    story: Story
    hits: Counter[str]
    seconds: float

    def __str__(self) -> str:
        tries = [one for intent in self.story.intents.values() for one in intent.tries]
        told = Counter(str(one.status or f"no answer ({one.lost})") for one in tries)
        intents = self.story.intents.values()
        orders = sum(one.kind == "create" and bool(one.done) for one in intents)
        lines = [
            f"seed {self.seed}: {orders} orders, {len(self.story.intents) - orders} other requests",
            f"{self.seconds:.0f} s, {orders / self.seconds:.0f} orders a second",
            f"answers: {_counts(told)}",
            f"killed: {_counts(self.hits)}",
            f"snapshots: {sum('at' in one for one in self.story.snapshots)}",
        ]
        for outage in self.story.outages:
            back = [one.ended_at for one in tries if one.is_done]
            again = min((at for at in back if at > outage.started_at), default=float("nan"))
            gone, late = outage.started_at - outage.stopped_at, again - outage.started_at
            lines.append(f"database gone for {gone:.1f} s, first 2xx {late:.1f} s later")
        return "\n".join(lines)


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items())) or "nothing"


def fight(
    house: House,
    seed: str,
    *,
    orders: int,
    targets: Sequence[str] = (),
    pace: int = 20,
    meanwhile: Meanwhile | None = None,
) -> Result:
    """Let the clients take so many orders; shoot at a target after every ``pace`` answers.

    ``meanwhile`` runs beside them and tells when the database was gone.
    """
    logs = house.directory / "logs"
    logs.mkdir(exist_ok=True)
    clients = [Client(number, seed, house.port, house.world, logs) for number in range(CLIENTS)]
    traffic = Traffic(clients)
    marksman = Marksman(house, seed, targets=targets, pace=pace, traffic=traffic)
    watchman = Watchman(house, pause=1.0)
    pile = iter(range(orders))
    began = time.monotonic()
    with (
        at_work((marksman, marksman.shoot), (watchman, watchman.watch)),
        ThreadPoolExecutor(CLIENTS + 1) as pool,
    ):
        trading = [pool.submit(client.work, pile) for client in clients]
        outages = pool.submit(meanwhile, traffic) if meanwhile else None
        wait(trading)
        seconds = time.monotonic() - began
        traffic.is_over = True
        for one in trading:
            one.result()
        gone = outages.result() if outages else []
    story = Story(
        world=house.world,
        intents=read([client.path for client in clients]),
        facts=house.ask("facts"),
        snapshots=watchman.snapshots,
        outages=gone,
    )
    return Result(seed, story, marksman.hits(), seconds)


def stop_and_start(house: House, traffic: Traffic, *, every: int, times: int = 1) -> list[Outage]:
    """After so many answers the database stops at once, until somebody noticed."""
    outages = []
    for _ in range(times):
        ready = traffic.answered + every
        while traffic.answered < ready:
            if traffic.is_over:
                return outages
            time.sleep(LOOK_SECONDS)
        house.stop_database()
        stopped_at = time.monotonic()
        least, most = (stopped_at + seconds for seconds in GONE_SECONDS)
        while time.monotonic() < most:
            if time.monotonic() > least and traffic.put_off_at > stopped_at:
                break
            time.sleep(LOOK_SECONDS)
        started_at = time.monotonic()
        house.start_database()
        outages.append(Outage(stopped_at, started_at))
    return outages
