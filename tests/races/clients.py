"""Two clients at the same rows, on PostgreSQL, again and again in every order.

Which of them comes first is not left to luck. In four rounds of five a third connection holds the
rows that both need, until the first client waits for them and then the second; when it lets go they
pass in this order, for PostgreSQL serves whoever waits for a row in turn. In every fifth round both
start at once.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from threading import Barrier
from typing import Any, Self

from django.db import DatabaseError, connection, models, transaction

from inventory.models import Allocation, Balance, Movement, QuarantineCase
from inventory.queries.audit import differences
from merchants.errors import DomainError
from tests.invariants import recompute

ROUNDS = int(os.environ.get("RACE_ROUNDS", "200"))
FEW = 10  # with the locks off, every order twice
PATIENCE_SECONDS = 60
BETWEEN_LOOKS_SECONDS = 0.002

Act = Callable[[], Any]


@dataclass(frozen=True)
class Gate:
    """Rows that both clients need."""

    model: type[models.Model]
    ids: Sequence[int]

    def close(self) -> None:
        """Lock the rows in the transaction of this thread, also where the acts' locks are off."""
        table = self.model._meta.db_table
        with connection.cursor() as ours:
            cursor = ours.cursor  # the driver's, which `locks_off` leaves alone
            cursor.execute(
                f"SELECT id FROM {table} WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
                [list(self.ids)],
            )
            assert cursor.rowcount == len(self.ids) > 0


@dataclass(frozen=True)
class Round:
    """One meeting of two acts: which of them passes first (None: whoever is faster), and where.

    At the lock that the acts themselves take, or only where they write: there both have read
    already what they decide on, unless their own locks keep them from it.
    """

    number: int
    first: int | None
    at_write: bool

    def came_first(self, number: int, *, unless: bool = False) -> bool:
        """Whether this act was first; ``unless`` tells it where nobody ruled who is."""
        return unless if self.first is None else self.first == number


def rounds(count: int = ROUNDS) -> Iterator[Round]:
    """As many rounds as were asked for, every order in turn."""
    for number in range(count):
        order = number % 5
        yield Round(number, None if order == 4 else order % 2, at_write=order > 1)


class Clients:
    """Two threads with a connection each, which live for all rounds of a test."""

    def __enter__(self) -> Self:
        self.pools = [ThreadPoolExecutor(1) for _ in range(2)]
        self.pids = [pool.submit(_connect).result() for pool in self.pools]
        return self

    def __exit__(self, *error: object) -> None:
        for pool in self.pools:
            pool.submit(lambda: connection.close()).result()  # noqa: PLW0108, of that thread
            pool.shutdown()

    def meet(self, turn: Round, acts: Sequence[Act], *, lock: Gate, write: Gate) -> list[Any]:
        """What each of the two got, in the order of the acts: an answer, a refusal, an error."""
        if turn.first is None:
            ready = Barrier(2)
            both = [
                pool.submit(_caught, partial(_together, ready, act))
                for pool, act in zip(self.pools, acts, strict=True)
            ]
            return [one.result() for one in both]
        futures: dict[int, Future[Any]] = {}
        with transaction.atomic():
            (write if turn.at_write else lock).close()
            for number in (turn.first, 1 - turn.first):
                futures[number] = self.submit(number, acts[number])
        return [futures[number].result() for number in range(2)]

    def submit(self, number: int, act: Act) -> Future[Any]:
        """Begin an act; return when it waits for a lock of another connection, or is done."""
        future = self.pools[number].submit(_caught, act)
        self._until_it_waits(number, future)
        return future

    def _until_it_waits(self, number: int, future: Future[Any]) -> None:
        """Only waiting for one of us counts: the database's own work may hold anybody up."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            wait([future], timeout=BETWEEN_LOOKS_SECONDS)
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_blocking_pids(%s) && ARRAY[pg_backend_pid(), %s]",
                    [self.pids[number], self.pids[1 - number]],
                )
                if future.done() or cursor.fetchone()[0]:
                    return
        raise AssertionError(f"client {number} neither waits for a lock nor ends")


def _connect() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '60s'")  # a busy machine must not look like a deadlock
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def _together(ready: Barrier, act: Act) -> Any:
    ready.wait()
    return act()


def _caught(act: Act) -> Any:
    try:
        return act()
    except (DomainError, DatabaseError) as refusal:
        return refusal


def told(answers: Iterable[Any]) -> tuple[str, ...]:
    """The code of each refusal, "done" where there was none.

    No error of the database is among them: it is a safety net that nobody fell into.
    """
    assert surfaced(answers) == []
    return tuple(one.code if isinstance(one, DomainError) else "done" for one in answers)


def surfaced(answers: Iterable[Any]) -> list[DatabaseError]:
    """What the database had to say."""
    return [one for one in answers if isinstance(one, DatabaseError)]


def sound() -> None:
    """All that was done is in order: at the end of a test, the whole audit, twice."""
    assert list(differences()) == []
    recompute()


def adds_up(product_id: int) -> None:
    """The ledger of one product equals its balances, its promises and its quarantine cases."""
    moved: Counter[int] = Counter()
    movements = Movement.objects.filter(product_id=product_id).order_by()
    for source, target, quantity in movements.values_list("source_id", "target_id", "quantity"):
        moved[source] -= quantity
        moved[target] += quantity
    promised = _by_balance(Allocation.objects.filter(product_id=product_id))
    in_cases = _by_balance(QuarantineCase.objects.filter(product_id=product_id))
    balances = Balance.objects.filter(product_id=product_id).order_by()
    for pk, on_hand, committed, kind in balances.values_list(
        "id", "on_hand", "committed", "location_kind"
    ):
        assert (on_hand, committed) == (moved[pk], promised[pk])
        assert kind != "quarantine" or on_hand == in_cases[pk]


def _by_balance(rows: Any) -> Counter[int]:
    total: Counter[int] = Counter()
    for balance_id, quantity in rows.order_by().values_list("balance_id", "quantity"):
        total[balance_id] += quantity
    return total
