"""Rules of the state machine: units kept for somebody, lots restricted, swapped, not found."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fulfillment.requests import Find, Swap
from fulfillment.services import short_pick, swap_lot
from inventory.models import SetAside
from inventory.services.lots import update_lot
from inventory.services.set_asides import Wish, end_set_aside, set_aside
from inventory.services.settings import update_lot_tracking
from tests.builders import acting
from tests.oracle import Order
from tests.two_houses import TwoHouses, channels, few, lot_of, lots, pick, skus, which

# For whom a set-aside is: channel, customer.
beneficiaries = st.sampled_from([("b2b", ""), ("dtc", ""), ("", "Nord"), ("b2b", "Nord")])
# Only to countries, never to countries, only through channels.
restrictions = st.sampled_from(
    [
        ("", "", ""),
        ("", "", ""),
        ("US", "", ""),
        ("", "DE", ""),
        ("", "", "b2b"),
        ("DE US", "", "dtc"),
    ]
)


class Floor(TwoHouses):
    # For whom ------------------------------------------------------------------------------------

    def kept(self) -> list[Order]:
        return [one for one in self.oracle.set_asides if not one.is_cancelled]

    @precondition(lambda self: not self.kept())
    @rule(sku=skus, units=few, lot=st.none() | st.none() | lots, whom=beneficiaries)
    def set_aside(self, sku: str, units: int, lot: str | None, whom: tuple[str, str]) -> None:
        lot, (channel, customer) = lot_of(sku, lot), whom
        wish = Wish(
            self.products[sku],
            units,
            self.warehouse,
            "Promised",
            lot=self.lots[lot] if lot else None,
            channel=channel,
            customer=customer,
        )
        self.both(
            lambda: set_aside(wish=wish, **acting()),
            lambda: self.oracle.keep(sku, units, lot, channel, customer),
        )

    @precondition(lambda self: self.oracle.set_asides)
    @rule(place=which)
    def end_set_aside(self, place: int) -> None:
        wish = pick(place, self.oracle.set_asides, lambda one: not one.is_cancelled)
        rows = SetAside.objects.order_by("id")
        pk = rows[self.oracle.set_asides.index(wish)].pk
        self.both(
            lambda: end_set_aside(set_aside_id=pk, **acting()),
            lambda: self.oracle.end(wish),
        )

    @rule(lot=lots, to=restrictions)
    def restrict(self, lot: str, to: tuple[str, str, str]) -> None:
        names = ("only_countries", "never_countries", "only_channels")
        fields: Any = dict(zip(names, to, strict=True))
        update_lot(lot_id=self.lots[lot].pk, fields=fields, **acting())
        self.oracle.restrict("VITAMIN", lot, *to)

    @rule(channel=channels, days=st.sampled_from([0, 0, 3, 9]))
    def ask_of_channel(self, channel: str, days: int) -> None:
        fields: Any = {f"{channel}_min_shelf_life_days": days}
        update_lot_tracking(merchant_id=self.merchant.pk, fields=fields, **acting())
        self.oracle.ask_of_channel(channel, days)

    # Not as the books say ------------------------------------------------------------------------

    @precondition(lambda self: any(one.key[1] for one in self.oracle.promises))
    @rule(place=which, other=lots, units=few)
    def swap(self, place: int, other: str, units: int) -> None:
        promised = [one for one in self.oracle.promises if not one.line.order.is_set_aside]
        if not promised:
            return  # all that is promised is set aside: there is no order to pack
        one = pick(place, promised, lambda one: one.key[1] and one.line.lot is None)
        line, source = one.line, one.key[1]
        if line.sku != "VITAMIN":
            return  # it has no lots
        units = line.quantity if line.single_lot and place % 3 else min(units, one.units + 1)
        document = self.orders[self.oracle.orders.index(line.order)]
        number = line.order.lines.index(line)
        wish = Swap(
            line_id=document.lines.order_by("position")[number].pk,
            source_lot_id=self.lots[source].pk if source else None,
            target_lot_id=self.lots[other].pk,
            quantity=units,
            reason="In hand",
        )
        self.chosen_by_hand = True
        self.both(
            lambda: swap_lot(order_id=document.pk, swap=wish, **acting()),
            lambda: self.oracle.swap(line.order, line, source, other, units),
        )

    @precondition(lambda self: self.oracle.promises and self.orders)
    @rule(place=which, found=st.integers(0, 3))
    def miss(self, place: int, found: int) -> None:
        one = pick(place, self.oracle.promises, lambda one: not one.line.order.is_set_aside)
        order = one.line.order
        if order.is_set_aside:
            order = self.oracle.orders[place % len(self.oracle.orders)]
        document = self.orders[self.oracle.orders.index(order)]
        sku, lot, where = one.key
        find = Find(
            self.products[sku].pk,
            self.lots[lot].pk if lot else None,
            self.places[where].pk,
            found,
        )
        self.both(
            lambda: short_pick(order_id=document.pk, find=find, **acting()),
            lambda: self.oracle.miss(order, one.key, found),
        )
