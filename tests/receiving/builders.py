"""WROs for tests, made by the services as people make them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from inventory.kinds import VIRTUAL
from inventory.models import Balance, Product
from merchants.models import Event
from receiving.announcement import AnnouncedLine, AnnouncedLot
from receiving.models import WRO
from receiving.services import (
    Count,
    StowLine,
    announce_wro,
    arrive_wro,
    create_wro,
    receive,
    stow,
)
from tests.builders import World, acting

NEXT_YEAR = date(2027, 6, 1)


def line(product: Product, quantity: int, *lots: tuple[str, date | None, int]) -> AnnouncedLine:
    """A line of a product; `lots` as (number, expiry, units)."""
    return AnnouncedLine(product, quantity, tuple(AnnouncedLot(*lot) for lot in lots))


def draft(world: World, *lines: AnnouncedLine, **fields: Any) -> WRO:
    named = {"warehouse": world.warehouse, **fields}
    return create_wro(merchant=world.merchant, fields=named, lines=lines, **acting())


def submitted(world: World, *lines: AnnouncedLine, **fields: Any) -> WRO:
    named = {"warehouse": world.warehouse, **fields}
    return announce_wro(merchant=world.merchant, fields=named, lines=lines, **acting())


def arrived(world: World, *lines: AnnouncedLine, **fields: Any) -> WRO:
    return arrive_wro(wro_id=submitted(world, *lines, **fields).pk, **acting())


def received(world: World, *lines: AnnouncedLine) -> WRO:
    """A WRO of which exactly what was announced stands at the dock."""
    wro = arrived(world, *lines)
    return count(
        wro,
        *(
            Count(one.product, lot.quantity, lot.number, lot.expires_on)
            for one in lines
            for lot in one.lots or (AnnouncedLot(quantity=one.quantity),)
        ),
    )


def count(wro: WRO, *counts: Count) -> WRO:
    return receive(wro_id=wro.pk, counts=counts, **acting())


def put_away(wro: WRO, *lines: StowLine) -> WRO:
    return stow(wro_id=wro.pk, lines=lines, **acting())


def standing(product: Product) -> dict[tuple[str, str], int]:
    """Units in the house by (location, lot number or expiry or '')."""
    rows = Balance.objects.filter(product=product).exclude(on_hand=0)
    rows = rows.exclude(location_kind__in=VIRTUAL).select_related("lot", "location")
    return {(row.location.name, str(row.lot or "")): row.on_hand for row in rows.order_by("id")}


def counters(wro: WRO) -> dict[str, tuple[int, int, int]]:
    """(expected, received, stowed) by 'SKU lot'."""
    rows = {}
    for one in wro.lines.prefetch_related("lots__supply", "lots__lot"):
        for supply, lot in [(one.supply, ""), *((lot.supply, lot.lot) for lot in one.lots.all())]:
            if supply:
                rows[f"{one.product.sku} {lot}".strip()] = (
                    supply.expected,
                    supply.received,
                    supply.stowed,
                )
    return rows


def discrepancies(wro: WRO) -> list[tuple[str, str, str, int]]:
    """(type, sku, lot number, units), oldest first."""
    rows = wro.discrepancies.order_by("id").select_related("product")
    return [(one.type, one.product.sku, one.lot_number, one.quantity) for one in rows]


def topics(wro: WRO) -> list[str]:
    """The events of a WRO, oldest first."""
    rows = Event.objects.filter(object=wro.number).order_by("id")
    return [event.topic.removeprefix("wro.") for event in rows]


def history(wro: WRO) -> list[tuple[str, datetime, str]]:
    """(status, when, who) in the order in which it went."""
    rows = wro.status_changes.select_related("by")
    return [(one.status, one.at, one.by.username) for one in rows]
