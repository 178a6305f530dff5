"""`python -m bench`: see docs/performance.md."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    verbs = parser.add_subparsers(dest="verb")
    dataset = verbs.add_parser("dataset", help="build a data set and keep it")
    dataset.add_argument("--balances", type=int, default=1_000_000)
    dataset.add_argument("--movements", type=int, default=1, help="for each balance")
    dataset.add_argument("--url", required=True, help="of a database, which is made anew")
    verbs.add_parser("serve", help="start the server of the benchmark until this is interrupted")
    given = parser.parse_args(arguments)
    if given.verb == "dataset":
        build_dataset(given.url, given.balances, given.movements)
    elif given.verb == "serve":
        serve()


def build_dataset(url: str, balances: int, movements: int) -> None:
    set_up_django(url)
    from bench.dataset import build, size  # Django has to be set up

    began = time.perf_counter()
    made = build(url, size(balances, movements=movements))
    say(f"{'built' if made else 'found'} in {time.perf_counter() - began:.0f} s: {url}")


def serve() -> None:
    from bench import server

    with server.running({}) as url:
        say(url)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


def set_up_django(url: str) -> None:
    """Make the database of this URL the one of our settings, for this process and its children."""
    import django

    os.environ["DATABASE_URL"] = url
    os.environ["DJANGO_SETTINGS_MODULE"] = "lotwms.settings"
    os.environ["DATABASE_STATEMENT_TIMEOUT_MS"] = "0"
    django.setup()


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
