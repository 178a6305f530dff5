"""The rules of transfers: units leave one warehouse for the other while everything else goes on."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from inventory.models import Balance
from tests.builders import acting
from tests.oracle import Transfer
from tests.two_houses import (
    AREAS,
    BINS,
    ELSEWHERE,
    TwoHouses,
    few,
    lot_of,
    lots,
    mostly,
    pick,
    rarely,
    skus,
    which,
)
from transfers.services import (
    LineRequest,
    Stowed,
    TransferRequest,
    cancel_transfer,
    create_transfer,
    receive_transfer,
    send_transfer,
    write_off_transfer,
)

any_lot = st.none() | st.none() | st.none() | lots
wanted = st.lists(st.tuples(skus, any_lot, st.integers(1, 4)), min_size=1, max_size=2)


class Transfers(TwoHouses):
    @rule(wishes=wanted, goes_out=mostly, sends=mostly, where=which)
    def plan_transfer(
        self, wishes: list[tuple[str, str | None, int]], goes_out: bool, sends: bool, where: int
    ) -> None:
        """Mostly it is sent at once, and a part of it arrives."""
        wishes = [(sku, lot_of(sku, lot), units) for sku, lot, units in wishes]
        ends = [self.warehouse, self.other] if goes_out else [self.other, self.warehouse]
        lines = [LineRequest(self.products[sku], units, lot or "") for sku, lot, units in wishes]
        request = TransferRequest(self.merchant, *ends, lines)
        made = self.both(
            lambda: create_transfer(request=request, **acting()),
            lambda: self.oracle.plan(ends[0].code, ends[1].code, wishes),
        )
        if made is None:
            return
        self.transfers.append(made)
        model = self.oracle.transfers[-1]
        if sends and self.send(made, model):
            self.receive_part(made, model, where, where % 4, where)

    @precondition(lambda self: any(one.status == "awaiting" for one in self.oracle.transfers))
    @rule(place=which)
    def send_transfer(self, place: int) -> None:
        self.send(*self.a_transfer(place, "awaiting"))

    def send(self, document: Any, model: Transfer) -> Any:
        return self.both(
            lambda: send_transfer(transfer_id=document.pk, **acting()),
            lambda: self.oracle.send(model),
        )

    @precondition(lambda self: any(+one.under_way for one in self.oracle.transfers))
    @rule(place=which, line=which, units=few, where=which)
    def receive_transfer(self, place: int, line: int, units: int, where: int) -> None:
        self.receive_part(*self.a_transfer(place, "in_transit"), line, units, where)

    def receive_part(
        self, document: Any, model: Transfer, line: int, units: int, where: int
    ) -> None:
        sku, lot = pick(line, sorted(model.asked, key=str), lambda one: model.under_way[one])
        units = min(max(units, 1), model.under_way[sku, lot] + 1)
        areas = AREAS if model.target == "CHI" else ()  # NJ has its own of the same names
        into = pick(
            where,
            (*ELSEWHERE, *BINS, *areas),
            lambda name: self.oracle.places[name].house == model.target and name not in AREAS,
        )
        stowed = Stowed(self.products[sku], units, into, lot or "")
        self.both(
            lambda: receive_transfer(transfer_id=document.pk, lines=[stowed], **acting()),
            lambda: self.oracle.arrive(model, (sku, lot), units, into),
        )

    @precondition(lambda self: self.transfers)
    @rule(place=which, is_lost=mostly, really=rarely)
    def end_transfer(self, place: int, is_lost: bool, really: bool) -> None:
        """What is under way is given up, or what is planned called off; neither happens often."""
        if not really:
            return
        document, model = self.a_transfer(place, "in_transit" if is_lost else "awaiting")
        given: dict[str, Any] = {"transfer_id": document.pk, **acting()}
        if is_lost:
            self.both(
                lambda: write_off_transfer(reason="Lost", **given),
                lambda: self.oracle.write_off(model),
            )
        else:
            self.both(lambda: cancel_transfer(**given), lambda: self.oracle.call_off(model))

    def a_transfer(self, place: int, status: str) -> tuple[Any, Transfer]:
        """A transfer and the oracle's of it, rather one in this state."""
        model = pick(place, self.oracle.transfers, lambda one: one.status == status)
        return self.transfers[self.oracle.transfers.index(model)], model

    @invariant()
    def what_is_under_way_is_alike(self) -> None:
        numbers = {one.pk: name for name, one in self.lots.items()}
        skus = {one.pk: sku for sku, one in self.products.items()}
        for house in (self.warehouse, self.other):
            rows = Balance.objects.filter(warehouse=house, location_kind="in_transit")
            found = {
                (skus[one.product_id], numbers.get(one.lot_id)): one.on_hand
                for one in rows.order_by("id")
            }
            there = [one for one in self.oracle.transfers if one.target == house.code]
            expected: Counter[Any] = sum((one.under_way for one in there), Counter())
            assert {key: units for key, units in found.items() if units} == +expected
        for document, model in zip(self.transfers, self.oracle.transfers, strict=True):
            document.refresh_from_db()
            assert document.status == model.status
