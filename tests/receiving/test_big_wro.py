"""A WRO of 1,000 lines and 5,000 lots, from the file that is uploaded to its last bin."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count as Total
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from inventory.kinds import VIRTUAL
from inventory.models import Balance, Lot, Supply
from inventory.services.places import create_locations
from inventory.services.products import create_products
from receiving.models import WRO
from receiving.queries import expected_lots
from receiving.services import (
    Count,
    StowLine,
    arrive_wro,
    complete_wro,
    receive,
    stow,
    submit_wro,
)
from receiving.services.boxes import announced_boxes
from tests.builders import World, acting
from tests.inventory.admin import browser
from tests.inventory.sheets import confirm, outcome, preview, xlsx
from tests.receiving.builders import counters, discrepancies, history

log = logging.getLogger(__name__)  # shown with --log-cli-level=INFO

NEW = "/admin/receiving/wro/import/"
HEAD = ["sku", "quantity", "lot_number", "expires_on", "lot_quantity", "box"]
BOXES = 50
LOTS_EACH = 5
UNITS_EACH = 12
FIRST_DAY = date(2027, 1, 1)


@dataclass
class Walk:
    """One WRO on its way, with what each step of it took."""

    world: World
    prefix: str
    lines: int
    statements: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def step(self, name: str, act: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        with CaptureQueriesContext(connection) as captured:
            done = act()
        self.seconds[name] = time.perf_counter() - began
        self.statements[name] = len(captured)
        return done

    def skus(self) -> list[str]:
        return [f"{self.prefix}-{line:04}" for line in range(self.lines)]

    def rows(self) -> Iterator[tuple[str, str, date]]:
        """SKU, lot number and expiry of each lot."""
        for sku in self.skus():
            for lot in range(LOTS_EACH):
                yield sku, f"{sku}-{'ABCDE'[lot]}", FIRST_DAY + timedelta(days=lot)

    def file(self) -> bytes:
        total = LOTS_EACH * UNITS_EACH
        rows = [
            [sku, total, number, expiry, UNITS_EACH, place % BOXES + 1]
            for place, (sku, number, expiry) in enumerate(self.rows())
        ]
        return xlsx(HEAD, *rows)

    def go(self) -> WRO:
        """Upload, look, confirm, submit, arrive, count, stow, complete."""
        fields = [{"sku": sku, "name": sku, "is_lot_product": True} for sku in self.skus()]
        made = create_products(entries=[(self.world.merchant, one) for one in fields], **acting())
        names = [f"{self.prefix}-B-{n}" for n in range(self.lines * LOTS_EACH)]
        entries = [{"name": name} for name in names]
        create_locations(warehouse=self.world.warehouse, entries=entries, **acting())
        wro = self.uploaded()
        named = {"wro_id": wro.pk, **acting()}
        products = {product.sku: product for product in made}
        rows = list(self.rows())
        counts = [Count(products[sku], UNITS_EACH, number, day) for sku, number, day in rows]
        puts = [
            StowLine(products[sku], UNITS_EACH, name, number, day)
            for (sku, number, day), name in zip(rows, names, strict=True)
        ]
        self.step("submit", lambda: submit_wro(**named))
        self.step("arrive", lambda: arrive_wro(**named))
        self.step("receive", lambda: receive(counts=counts, **named))
        self.step("stow", lambda: stow(lines=puts, **named))
        done: WRO = self.step("complete", lambda: complete_wro(**named))
        return done

    def uploaded(self) -> WRO:
        client, data = browser(), self.file()
        details = {
            "merchant": self.world.merchant.pk,
            "warehouse": self.world.warehouse.pk,
            "package_type": "pallet",
        }
        look = lambda: preview(client, NEW, data, "wro.xlsx", **details)  # noqa: E731
        shown = self.step("preview", look)
        assert outcome(shown) == {"new": self.lines * LOTS_EACH}
        self.step("import", lambda: confirm(client, shown, NEW))
        return WRO.objects.latest("id")


def test_it_is_stowed_to_the_last_unit(world):
    small, big = Walk(world, "SMALL", 2), Walk(world, "BIG", 1000)
    assert set(counters(small.go()).values()) == {(12, 12, 12)}
    wro = big.go()
    for step, seconds in big.seconds.items():
        log.info("%s: %.1f s, %d statements", step, seconds, big.statements[step])

    assert [status for status, _, _ in history(wro)] == [
        "draft",
        "awaiting",
        "arrived",
        "processing",
        "completed",
    ]
    assert (wro.completed_short, discrepancies(wro)) == (False, [])
    supplies = Supply.objects.filter(wro_number=wro.number)
    assert supplies.aggregate(lots=Total("id"), stowed=Sum("stowed")) == {
        "lots": 5000,
        "stowed": 60_000,
    }
    assert not supplies.exclude(expected=12, received=12, stowed=12, is_open=False).exists()
    standing = Balance.objects.filter(product__sku__startswith="BIG-", on_hand__gt=0)
    bins = standing.exclude(location_kind__in=VIRTUAL)
    assert bins.aggregate(bins=Total("location", distinct=True), units=Sum("on_hand")) == {
        "bins": 5000,
        "units": 60_000,
    }
    assert Lot.objects.filter(product__sku__startswith="BIG-", received_at=None).count() == 0
    assert len(expected_lots(wro)) == 5000
    assert [sum(one.quantity for one in box.contents or ()) for box in announced_boxes(wro)] == [
        1200
    ] * BOXES
    if connection.vendor == "postgresql":  # SQLite takes fewer values at a time
        batches = 4  # more than one, for a thousand new lots each and as many rows of history
        assert big.statements == small.statements | {
            "submit": small.statements["submit"] + 2 * batches
        }
