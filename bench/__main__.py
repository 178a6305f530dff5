"""Measure lotwms beside hand-written SQL. See docs/performance.md."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from dataclasses import dataclass

from bench import server
from bench.results import Results, Row, machine
from bench.run import Run, built, measured


@dataclass(frozen=True, slots=True)
class Measure:
    """One module of bench/measures, and the data sets it runs on: the asked size or others."""

    about: str
    also_small: bool = False
    movements: int = 1


SMALL = 100_000  # balances of the data set beside which growth is seen
MEASURES = {
    "orders": Measure("one order: ours, psycopg, in the server"),
    "waves": Measure("waves in batches, 1 and 4 processes"),
    "memory": Measure("memory of a wave of 10,000 orders"),
    "hot": Measure("8 clients on 100 SKUs, and what stands afterwards"),
    "api": Measure("orders through the REST API under gunicorn"),
    "planner": Measure("the pure planner"),
    "status": Measure("inventory status: page, lots, whole merchant", also_small=True),
    "pages": Measure("the status page, its pop-up and the expiry page", also_small=True),
    "lists": Measure("every list of the admin"),
    "receiving": Measure("receive and stow 1,000 lots"),
    "shipping": Measure("ship a wave of 1,000 orders"),
    "ledger": Measure("check_ledger over five movements for each balance", movements=5),
}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    listed = "; ".join(f"{name}: {one.about}" for name, one in MEASURES.items())
    parser.add_argument(
        "what", nargs="*", help=f"serve, dataset, or measures, all unless named: {listed}"
    )
    parser.add_argument("--balances", type=int, default=1_000_000)
    parser.add_argument("--movements", type=int, default=1, help="dataset: for each balance")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--hot-orders", type=int, default=100_000)
    parser.add_argument("--shared-buffers", default=server.OPTIONS["shared_buffers"])
    parser.add_argument("--port", type=int, default=8210, help="of gunicorn, on this machine")
    parser.add_argument("--url", help="dataset: of its database, which is made anew")
    parser.add_argument("--keep-document", action="store_true", help="leave docs/performance.md")
    given = parser.parse_args(arguments)
    if given.what == ["serve"]:
        serve(given.shared_buffers)
    elif given.what == ["dataset"]:
        build_dataset(given.url, given.balances, given.movements)
    elif unknown := [name for name in given.what if name not in MEASURES]:
        parser.error(f"there is no measure {unknown[0]}")
    else:
        measure(given)


def measure(given: argparse.Namespace) -> None:
    """Run the measures one after the other, each in a copy of its data set."""
    with server.running({"shared_buffers": given.shared_buffers}) as url:
        results = Results.with_last(machine(server.settings(url)))
        run = Run(url, given.repeats, given.hot_orders, given.port)
        for name in given.what or MEASURES:
            one = MEASURES[name]
            sizes = [given.balances]
            if one.also_small and given.balances > SMALL:
                sizes.insert(0, SMALL)
            for balances in sizes:
                began = time.monotonic()
                template = built(url, balances, one.movements)
                rows = measured(f"bench.measures.{name}", run, template)
                rows = [row.on(balances) for row in rows]
                results.replace(name, balances, rows)
                results.in_order([*MEASURES])
                results.keep()
                if not given.keep_document:
                    results.document()
                say(f"{name} on {balances:,} balances: {time.monotonic() - began:.0f} s")
                tell(rows)
    say(f"\n{results.table()}")


def tell(rows: list[Row]) -> None:
    for row in rows:
        say("    " + " | ".join(cell for cell in row.cells() if cell))


def build_dataset(url: str, balances: int, movements: int) -> None:
    from bench.setup import set_up_django

    set_up_django(url)
    from bench.dataset import build, size

    began = time.perf_counter()
    made = build(url, size(balances, movements=movements))
    say(f"{'built' if made else 'found'} in {time.perf_counter() - began:.0f} s: {url}")


def serve(shared_buffers: str) -> None:
    ended = {signal.SIGINT, signal.SIGTERM}
    with server.running({"shared_buffers": shared_buffers}) as url:
        say(url)
        signal.pthread_sigmask(signal.SIG_BLOCK, ended)  # else the process dies, and leaves it
        signal.sigwait(ended)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
