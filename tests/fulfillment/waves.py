"""Waves for tests, made by the services and worked off as a worker does."""

from __future__ import annotations

from typing import Any

from fulfillment.models import Order, Wave
from fulfillment.requests import WaveRequest
from fulfillment.services import create_wave, release_batch, release_wave
from merchants.models import Event
from tests.builders import acting
from tests.clock import CLOCK


def make_wave(*orders: Order, **filters: Any) -> Wave:
    """A wave of these orders, or of all open ones that pass the filters."""
    ids = [order.pk for order in orders] if orders else None
    return create_wave(request=WaveRequest(order_ids=ids, **filters), **acting())


def run(wave: Wave) -> Wave:
    """Release the wave and do what the worker would, to the end."""
    release_wave(wave_id=wave.pk, **acting())
    while next_batch(wave):
        pass
    wave.refresh_from_db()
    return wave


def next_batch(wave: Wave) -> bool:
    return release_batch(wave_id=wave.pk, now=CLOCK.now)


def places(wave: Wave) -> list[int]:
    """The ids of its orders by their place."""
    return list(wave.wave_orders.order_by("position").values_list("order_id", flat=True))


def topics(wave: Wave) -> list[str]:
    rows = Event.objects.filter(object=wave.number).order_by("id")
    return list(rows.values_list("topic", flat=True))
