"""This morning's waves: one that was worked off and fell short, one that waits for its release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fulfillment.models import Wave
from fulfillment.requests import LineRequest, OrderRequest, WaveRequest
from fulfillment.services import create_wave, open_order, release_batch, release_wave

if TYPE_CHECKING:
    from lotwms.demo.story import Desk

ORDERS = 9
PLENTY = range(8, 17)


def gather(desk: Desk) -> Wave:
    """A wave of orders that were left open, urgent ones among them, and one that asks for much."""
    baskets = [basket(desk, n) for n in range(ORDERS)]
    ids = [take(desk, n, basket) for n, basket in enumerate([*baskets, desk.too_much(33)])]
    wanted = WaveRequest(merchant=desk.merchant, order_ids=ids)
    return create_wave(request=wanted, actor=desk.actor, now=desk.at(-0.04))


def basket(desk: Desk, n: int) -> list[LineRequest]:
    """Of products that there is enough of."""
    places = [PLENTY[(2 * n + step) % len(PLENTY)] for step in range(1 + n % 3)]
    return [LineRequest(desk.products[place].sku, 1 + (n + place) % 3) for place in places]


def take(desk: Desk, n: int, lines: list[LineRequest]) -> int:
    request = OrderRequest(
        desk.merchant,
        lines,
        f"W-{200 + n}",
        customer="Harbour Pharmacies" if n % 4 == 0 else "",
        channel="b2b" if n % 4 == 0 else "dtc",
        ship_by=desk.day(n % 3),
        priority=5 if n % 5 == 2 else 0,
    )
    return open_order(request=request, actor=desk.actor, now=desk.at(-0.08 + n / 1000)).pk


def work_off(desk: Desk, wave: Wave) -> None:
    """What a worker does with it, here and now."""
    release_wave(wave_id=wave.pk, actor=desk.actor, now=desk.at(-0.03))
    while release_batch(wave_id=wave.pk, now=desk.at(-0.03)):
        pass
