"""`make soak`: 2,000 orders while workers die and the database goes, then more rounds if asked.

Prints the seed of every round, what was hit and how fast it went; a breach ends it, with an error.
"""

import argparse
import os
import sys
import time
from functools import partial
from secrets import token_hex

os.environ.setdefault("TEST_ENGINE", "postgresql")
os.environ.setdefault("LOTWMS_TEST_DATABASE", "sqlite://")  # of this process itself: none
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lotwms.settings")

from tests.fire.checker import breaches
from tests.fire.fight import fight, stop_and_start
from tests.fire.house import House, cluster
from tests.fire.marksman import TARGETS
from tests.postgresql import Server

SHOTS_OF_A_ROUND = 200  # about twenty at each target
STOPS_OF_A_ROUND = 3


def main() -> None:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--orders", type=int, default=2_000, help="of each round")
    parser.add_argument("--minutes", type=float, default=0, help="begin new rounds for so long")
    parser.add_argument("--seed", default=token_hex(4), help="of the first round, to see it again")
    options = parser.parse_args()
    ends_at = time.monotonic() + 60 * options.minutes
    with cluster() as server:
        number = 1
        while number == 1 or time.monotonic() < ends_at:
            seed = options.seed if number == 1 else token_hex(4)
            say(f"Round {number}, seed {seed} ...")
            if not holds(server, f"round_{number}", seed, options.orders):
                sys.exit(
                    "Under fire not everything was kept; --seed tells the clients' part again."
                )
            number += 1


def holds(server: Server, name: str, seed: str, orders: int) -> bool:
    """Whether nothing was lost, done twice or oversold in this round."""
    answers = 2 * orders  # about: an order, and what becomes of it
    with House(server, name, orders=orders) as house:
        result = fight(
            house,
            seed,
            orders=orders,
            targets=TARGETS,
            pace=max(2, answers // SHOTS_OF_A_ROUND),
            meanwhile=partial(
                stop_and_start,
                house,
                every=answers // (2 * STOPS_OF_A_ROUND + 1),
                times=STOPS_OF_A_ROUND,
            ),
        )
        say(str(result))
        found = breaches(result.story)
        if len(result.story.outages) < STOPS_OF_A_ROUND:
            found.append("the database was not stopped as often as it should be")
        found += [f"nobody was killed {target}" for target in set(TARGETS) - set(result.hits)]
        for breach in found:
            say(breach)
        return not found


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
