"""A client of the API that never forgets what it began: it sends a request until it is answered."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, NamedTuple

from tests.fire.log import Intent, Log, Try
from tests.fire.roles import PLENTY, RECALLED, SCARCE

PATIENCE_SECONDS = 120  # for one request with all its repetitions
TIMEOUT_SECONDS = 30


class Bought(NamedTuple):
    """An order by the key that it was asked for with, and by the id that it got."""

    key: str
    id: int


class Traffic:
    """How far the clients have come, for those who time their blows by it."""

    def __init__(self, clients: Sequence[Client]) -> None:
        self.clients = clients
        self.is_over = False

    @property
    def answered(self) -> int:
        return sum(client.answered for client in self.clients)

    @property
    def put_off_at(self) -> float:
        """When a client was last told to come back later."""
        return max(client.put_off_at for client in self.clients)


class Client:
    """Takes, ships and cancels orders, finds units and holds lots, as its seed says."""

    def __init__(self, number: int, seed: str, port: int, world: Any, directory: Path) -> None:
        self.number, self.port, self.world = number, port, world
        self.random = random.Random(f"{seed}/{number}")  # what it does
        self.dice = random.Random(f"{seed}/{number}/pauses")  # how it waits, for others interfere
        self.path = directory / f"client-{number}.log"
        self.log = Log(self.path)
        self.name = f"{seed}-{number}"
        self.counted = self.answered = 0
        self.put_off_at = 0.0  # told 503

    def work(self, orders: Iterator[int]) -> None:
        """Take orders from the pile that all clients share until it is used up."""
        with closing(self.log):
            for _ in orders:
                self.trade()

    def trade(self) -> None:
        """One order and what becomes of it, sometimes with something else in between."""
        merchant = self.random.choice(self.world["merchants"])
        order = self.buy(merchant)
        fate = self.random.random()
        if order and fate < 0.15:
            self.send("cancel", merchant["key"], f"orders/{order.id}/cancel/", {}, order.key)
        elif order and fate < 0.55:
            body = {"tracking_number": self.next_key()}
            path = f"orders/{order.id}/ship/"
            self.send("ship", self.world["staff"], path, body, order.key, body["tracking_number"])
        other = self.random.random()
        if other < 0.15:
            self.find(merchant)
        elif other < 0.2:
            self.recall(merchant)

    def buy(self, merchant: Any, *, beside: Any = None) -> Bought | None:
        """A new order of one to three products."""
        count = self.random.randint(1, 3)
        products = self.random.sample(merchant["products"], count)
        if beside and beside not in products:
            products[0] = beside
        key = self.next_key()
        lines = [{"sku": one["sku"], "quantity": self.random.randint(1, 4)} for one in products]
        body = {"reference": key, "lines": lines}
        done = self.send("create", merchant["key"], "orders/", body, key=key)
        return Bought(key, done["id"]) if done else None

    def find(self, merchant: Any) -> None:
        """Units turn up where there are too few."""
        scarce = [one for one in merchant["products"] if one["role"] in (SCARCE, PLENTY)]
        product = self.random.choice(scarce)
        lot = self.random.choice(product["lots"])
        key = self.next_key()
        body = {
            "sku": product["sku"],
            "merchant": merchant["code"],
            "lot_number": lot["number"],
            "location": lot["bin"],
            "quantity": self.random.randint(1, 3),
            "reason": key,
        }
        self.send("adjust", self.world["staff"], "adjustments/", body, key=key)

    def recall(self, merchant: Any) -> None:
        """A lot is held, an order comes, the lot is free again."""
        product = next(one for one in merchant["products"] if one["role"] == RECALLED)
        lot = self.random.choice(product["lots"])
        key = self.next_key()
        hold = self.send(
            "hold", merchant["key"], "holds/", {"lot": lot["id"], "reason": key}, key=key
        )
        self.buy(merchant, beside=product)
        if hold:
            self.send("release", merchant["key"], f"holds/{hold['id']}/release/", {}, key)

    def next_key(self) -> str:
        self.counted += 1
        return f"{self.name}-{self.counted}"

    def send(
        self, kind: str, who: str, path: str, body: Any, subject: str = "", key: str = ""
    ) -> Any:
        """The body of the 2xx answer, or None: it was refused, or nobody ever answered."""
        intent = Intent(
            key=key or self.next_key(),
            kind=kind,
            client=self.number,
            at=time.monotonic(),
            who=who,
            path=f"/api/v1/{path}",
            body=body,
            subject=subject,
        )
        self.log.intend(intent)
        twice = self.random.random()
        if twice < 0.05:  # two at once: one of them waits for the other
            other = threading.Thread(target=self.insist, args=[intent])
            other.start()
            answer = self.insist(intent)
            other.join()
        else:
            answer = self.insist(intent)
            if answer and answer.is_done and twice < 0.15:  # and again, when all is done
                self.insist(intent)
        return answer.body if answer and answer.is_done else None

    def insist(self, intent: Intent) -> Try | None:
        """Send until an answer says more than: later. Waits as long as the answer asks to."""
        ends_at = time.monotonic() + PATIENCE_SECONDS
        pause = 0.02
        while time.monotonic() < ends_at:
            one = self.try_once(intent)
            self.log.tell(one)
            if one.status == 503:
                self.put_off_at = one.ended_at
            if not one.is_to_be_repeated:
                self.answered += 1
                return one
            pause = min(2 * pause, 1.0)
            time.sleep(float(one.retry_after or 0) or pause * self.dice.uniform(0.5, 1.0))
        return None

    def try_once(self, intent: Intent) -> Try:
        sent_at = time.monotonic()
        headers = {
            "Authorization": f"Bearer {intent.who}",
            "Content-Type": "application/json",
            "Idempotency-Key": intent.key,
        }
        try:
            with closing(HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)) as line:
                line.request("POST", intent.path, json.dumps(intent.body), headers)
                with line.getresponse() as answer:
                    body = read_body(answer.read())
                    again = answer.headers["Retry-After"]
                    status = answer.status
        except (OSError, HTTPException) as lost:
            return Try(intent.key, sent_at, time.monotonic(), None, lost=type(lost).__name__)
        return Try(intent.key, sent_at, time.monotonic(), status, body, again)


def read_body(sent: bytes) -> Any:
    try:
        return json.loads(sent)
    except ValueError:  # a page of somebody in between
        return sent.decode(errors="replace")
