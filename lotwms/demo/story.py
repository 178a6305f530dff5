"""Ninety days of work in the demo's warehouse, told through the services.

The same every time, relative to today: nothing is drawn at random.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import transaction

from fulfillment.models import Order
from fulfillment.requests import LineRequest, OrderRequest
from fulfillment.services.orders import cancel_order, create_order, open_order
from fulfillment.services.shipping import ship_order
from inventory.models import Balance, Location, Lot, Product, Warehouse
from inventory.queries.shipped import shipped_units
from inventory.services.holds import place_hold
from inventory.services.stock import Units, move
from lotwms.demo.catalogue import CUSTOMERS, SKINCARE, SUPPLEMENTS, Item
from lotwms.demo.discrepancies import tell_of_a_listed_food, tell_of_discrepancies
from lotwms.demo.expiry import tell_of_expiry
from lotwms.demo.floor import tell_of_the_floor
from lotwms.demo.house import build, build_another, hire, sign
from lotwms.demo.lot_numbers import tell_of_lot_numbers
from lotwms.demo.lots import tell_of_lots
from lotwms.demo.waves import gather, work_off
from merchants.models import Merchant, User
from receiving.announcement import AnnouncedLine, AnnouncedLot
from receiving.models import WRO
from receiving.packing import AnnouncedBox
from receiving.services.closing import cancel_wro, complete_wro
from receiving.services.drafts import create_wro
from receiving.services.receipt import Count, arrive_wro, receive
from receiving.services.stowing import StowLine, stow
from receiving.services.submission import submit_wro
from returns.disposition import Kind
from returns.models import Return
from returns.requests import Finding, ReturnRequest
from returns.requests import LineRequest as ReturnLineRequest
from returns.services.documents import (
    arrive_return,
    cancel_return,
    complete_return,
    create_return,
)
from returns.services.inspection import inspect_return
from transfers.models import Transfer
from transfers.services import LineRequest as TransferLine
from transfers.services import (
    Stowed,
    TransferRequest,
    create_transfer,
    receive_transfer,
    send_transfer,
)

CODES = ("VITALEAF", "LUMEN")


def exists() -> bool:
    """Whether the demo was told already in this database."""
    return Merchant.objects.filter(code__in=CODES).exists()


@transaction.atomic
def tell(now: datetime) -> None:
    """Fill an empty database with the demo: all of it, or nothing."""
    start = now - timedelta(days=90)
    boss = hire(start)
    warehouse, bins = build(boss, start)
    another = build_another(boss, start)
    free = iter(bins)
    desks: list[Desk] = []
    for code, name, items in (
        ("VITALEAF", "Vitaleaf Supplements", SUPPLEMENTS),
        ("LUMEN", "Lumen Skincare", SKINCARE),
    ):
        merchant, products = sign(boss, start, code, name, items)
        desk = Desk(boss, now, warehouse, merchant, products, items, free)
        desk.bring_in()
        desk.send_out()
        desk.take_back()
        desk.set_aside()
        desk.take_elsewhere(another)
        tell_of_the_floor(boss, now, merchant, warehouse, products[3])
        tell_of_discrepancies(boss, now, merchant, warehouse, products[0])
        tell_of_lots(boss, now, merchant)
        tell_of_lot_numbers(boss, now, merchant)
        desks.append(desk)
    first, second = desks
    tell_of_a_listed_food(boss, now, first.merchant, warehouse)
    work_off(first, gather(first))
    gather(second)
    tell_of_expiry(boss, now)


@dataclass
class Desk:
    """One merchant's side of the story. ``days`` are always days from today, negative: ago."""

    actor: User
    now: datetime
    warehouse: Warehouse
    merchant: Merchant
    products: list[Product]
    items: Sequence[Item]
    free_bins: Iterator[Location]
    shipped: list[Order] = field(default_factory=list)

    def at(self, days: float) -> datetime:
        return self.now + timedelta(days=days)

    def day(self, days: int) -> date:
        return self.warehouse.today(self.now) + timedelta(days=days)

    # In -------------------------------------------------------------------------------------------

    def bring_in(self) -> None:
        """WROs in every state: two months of stock, and what is on its way today."""
        first = self.announce(-80, "PO-1001", [self.line(n, (0, 1)) for n in self.all()])
        self.receive_all(first, -75)
        self.stow_all(first, -75)
        complete_wro(actor=self.actor, now=self.at(-74), wro_id=first.pk)
        second = self.announce(-34, "PO-1002", [self.line(n, (2,)) for n in range(9)])
        self.receive_all(second, -30, missing=4, damaged=2)
        self.stow_all(second, -30)
        complete_wro(actor=self.actor, now=self.at(-29), wro_id=second.pk)
        stowing = self.announce(-6, "PO-1003", [self.line(n, (2,)) for n in range(9, 12)])
        self.receive_all(stowing, -1, surplus=40)
        arrived = self.announce(-4, "PO-1004", [self.line(n, (2,)) for n in range(12, 14)])
        arrive_wro(actor=self.actor, now=self.at(-0.1), wro_id=arrived.pk)
        self.announce(-1, "PO-1005", [self.line(14, (2,))])
        self.draft(-1, "PO-1006", [self.line(0, (2,)), self.line(3, (2,))])
        called_off = self.announce(-12, "PO-0999", [self.line(5, (2,))])
        cancel_wro(actor=self.actor, now=self.at(-11), wro_id=called_off.pk)

    def all(self) -> range:
        return range(len(self.products))

    def line(self, place: int, which: tuple[int, ...]) -> AnnouncedLine:
        """A line of the product at this place, with these of its lots (0: A, 1: B, 2: C)."""
        product, item = self.products[place], self.items[place]
        lots = tuple(
            AnnouncedLot(self.lot_number(item, lot), self.day(item.expires_in[lot]), units(place))
            for lot in which
            if item.expires_in
        )
        return AnnouncedLine(product, units(place) * (len(lots) or 1), lots)

    def lot_number(self, item: Item, lot: int) -> str:
        if item.fields.get("lot_entry") == "expiry":
            return ""
        return f"{item.prefix}-{self.day(item.expires_in[lot]):%Y-%m}-{'ABC'[lot]}"

    def draft(self, days: float, reference: str, lines: Sequence[AnnouncedLine]) -> WRO:
        return create_wro(
            actor=self.actor,
            now=self.at(days),
            merchant=self.merchant,
            fields={
                "reference": reference,
                "warehouse": self.warehouse,
                "package_type": "box",
                "expected_arrival_on": self.day(int(days) + 5),
            },
            lines=lines,
            boxes=[
                AnnouncedBox(f"1Z{self.merchant.pk:04}{reference[-4:]}{n:02}") for n in (1, 2, 3)
            ],
        )

    def announce(self, days: float, reference: str, lines: Sequence[AnnouncedLine]) -> WRO:
        wro = self.draft(days, reference, lines)
        return submit_wro(actor=self.actor, now=self.at(days), wro_id=wro.pk)

    def receive_all(
        self, wro: WRO, days: float, *, missing: int = 0, damaged: int = 0, surplus: int = 0
    ) -> None:
        """Count all that was announced; of the first lot some are missing, damaged or too many."""
        arrive_wro(actor=self.actor, now=self.at(days - 0.2), wro_id=wro.pk)
        counts = [
            Count(line.product, lot.quantity, lot.number, lot.expires_on)
            if lot
            else Count(line.product, line.quantity)
            for line in wro.lines.select_related("product").order_by("position")
            for lot in (line.lots.all() or [None])
        ]
        first = counts[0]
        counts[0] = Count(
            first.product,
            first.quantity - missing - damaged + surplus,
            first.lot_number,
            first.expires_on,
        )
        if damaged:
            bad = Count(first.product, damaged, first.lot_number, first.expires_on, is_damaged=True)
            counts.append(bad)
        receive(actor=self.actor, now=self.at(days), wro_id=wro.pk, counts=counts)

    def stow_all(self, wro: WRO, days: float) -> None:
        """Every lot goes to a bin of its own."""
        waiting = Balance.objects.filter(
            location__kind="dock", merchant=self.merchant, on_hand__gt=0
        ).select_related("product", "lot")
        lines = [
            StowLine(
                one.product,
                one.on_hand,
                next(self.free_bins).name,
                one.lot.number if one.lot else "",
                one.expires_on,
            )
            for one in waiting.order_by("id")
        ]
        stow(actor=self.actor, now=self.at(days + 0.1), wro_id=wro.pk, lines=lines)

    # Out ------------------------------------------------------------------------------------------

    def send_out(self) -> None:
        """Orders shipped over two months, and today's: allocated, backordered, open, cancelled."""
        for n in range(24):
            order = self.order(-60 + 2 * n, f"{1000 + n}", self.basket(n, 1 + n % 3))
            ship_order(
                order_id=order.pk,
                actor=self.actor,
                now=self.at(-60 + 2 * n + 0.3),
                tracking_number=f"9400{self.merchant.pk:04}{1000 + n}",
            )
            self.shipped.append(order)
        for n in range(24, 32):
            self.order(-0.3, f"{1000 + n}", self.basket(n, 2))
        for n in range(32, 35):
            self.order(-2, f"{1000 + n}", self.too_much(n))
        picky = self.products[3]
        oldest = Lot.objects.filter(product=picky).order_by("expires_on")[0]
        named = LineRequest(picky.sku, 6, oldest.number, oldest.expires_on)
        self.order(-0.2, "B2B-77", [named], channel="b2b")
        waiting = OrderRequest(self.merchant, self.basket(36, 2), "1036")
        open_order(request=waiting, actor=self.actor, now=self.at(-0.1))
        regretted = self.order(-1.5, "1037", self.basket(37, 1))
        cancel_order(order_id=regretted.pk, actor=self.actor, now=self.at(-1.4))

    def order(
        self, days: float, reference: str, lines: Sequence[LineRequest], channel: str = "dtc"
    ) -> Order:
        name, email, country = CUSTOMERS[len(reference + lines[0].sku) % len(CUSTOMERS)]
        request = OrderRequest(
            self.merchant,
            lines,
            reference,
            channel=channel,
            ship_to={"name": name, "email": email, "country": country},
        )
        return create_order(request=request, actor=self.actor, now=self.at(days))

    def basket(self, n: int, lines: int) -> list[LineRequest]:
        places = dict.fromkeys((n * 5 + step * 7) % len(self.products) for step in range(lines))
        return [LineRequest(self.products[place].sku, 1 + (n + place) % 3) for place in places]

    def too_much(self, n: int) -> list[LineRequest]:
        """More of a product with an expired or short-dated lot than may be shipped."""
        place = {32: 2, 33: 4, 34: 7}[n]
        return [LineRequest(self.products[place].sku, 120)]

    # Back -----------------------------------------------------------------------------------------

    def take_back(self) -> None:
        """Customer returns and RTS in every state."""
        for n, kind in enumerate((Kind.CUSTOMER_RETURN, Kind.RTS) * 5):
            order = self.shipped[-1 - n]
            document = self.announce_return(n, kind, order)
            stage = n // 2  # awaiting, cancelled, arrived, processing, completed
            if stage == 1:
                cancel_return(actor=self.actor, now=self.at(-8), return_id=document.pk)
            if stage >= 2:
                arrive_return(actor=self.actor, now=self.at(-3), return_id=document.pk)
            if stage >= 3:
                self.inspect(document, order, passed=n % 4 < 2)
            if stage == 4:
                complete_return(actor=self.actor, now=self.at(-2), return_id=document.pk)

    def announce_return(self, n: int, kind: Kind, order: Order) -> Return:
        lines = [
            ReturnLineRequest(line.product.sku, 1)
            for line in order.lines.select_related("product").order_by("position")
        ]
        request = ReturnRequest(self.merchant, kind, lines, f"RMA-{500 + n}", order=order)
        return create_return(actor=self.actor, now=self.at(-9), request=request)

    def inspect(self, document: Return, order: Order, *, passed: bool) -> None:
        """Every unit is found in the lot that was shipped to this customer."""
        shipped = {
            row.product_id: row
            for row in shipped_units(merchant_id=self.merchant.pk, order_number=order.number)
        }
        lots = Lot.objects.in_bulk(row.lot_id for row in shipped.values() if row.lot_id)
        findings = []
        for line in document.lines.order_by("id"):
            lot = lots.get(shipped[line.product_id].lot_id)
            findings.append(
                Finding(
                    line.pk,
                    1,
                    passed,
                    lot_number=lot.number if lot else "",
                    expires_on=lot.expires_on if lot else None,
                    note="" if passed else "The seal is broken.",
                )
            )
        inspect_return(
            actor=self.actor, now=self.at(-2.5), return_id=document.pk, findings=findings
        )

    # Set aside ------------------------------------------------------------------------------------

    def set_aside(self) -> None:
        """A lot on hold, and some units moved to quarantine."""
        held = Lot.objects.filter(product=self.products[1]).order_by("expires_on")[1]
        place_hold(
            actor=self.actor,
            now=self.at(-1),
            target=held,
            reason="Supplier reports a wrong label; waiting for the certificate.",
        )
        doubtful = Balance.objects.in_house().filter(
            product=self.products[6], on_hand__gt=5, is_blocked=False
        )
        one = doubtful.select_related("location").order_by("id")[0]
        move(
            actor=self.actor,
            now=self.at(-0.5),
            units=Units(one.product_id, one.lot_id, 5),
            source_id=one.location_id,
            target_id=self.warehouse.locations.get(name="QUARANTINE").pk,
            reason="The carton was wet.",
        )

    # To the other warehouse -----------------------------------------------------------------------

    def take_elsewhere(self, target: Warehouse) -> None:
        """A transfer under way, of which some units are there already, and one to be sent."""
        first, second = self.products[8], self.products[9]
        truck = self.plan(-2, "TO-201", target, [TransferLine(first, 20), TransferLine(second, 12)])
        send_transfer(
            actor=self.actor,
            now=self.at(-1.9),
            transfer_id=truck.pk,
            tracking_number=f"TRUCK-{self.merchant.code[:3]}",
        )
        lot = Lot.objects.filter(product=first, transfer_lines__transfer=truck).order_by("id")[0]
        empty = target.locations.filter(kind="storage", balances=None).order_by("pick_sequence")
        arrived = Stowed(first, 8, empty[0].name, lot.number, lot.expires_on)
        receive_transfer(actor=self.actor, now=self.at(-0.2), transfer_id=truck.pk, lines=[arrived])
        self.plan(-0.1, "TO-202", target, [TransferLine(self.products[10], 6)])

    def plan(
        self, days: float, reference: str, target: Warehouse, lines: Sequence[TransferLine]
    ) -> Transfer:
        request = TransferRequest(self.merchant, self.warehouse, target, lines, reference)
        return create_transfer(actor=self.actor, now=self.at(days), request=request)


def units(place: int) -> int:
    """So many units of each lot of the product at this place."""
    return 30 + place * 7 % 40
