"""The verbs of fulfillment: typed, keyword-only, atomic, with the actor and the time passed in."""

from fulfillment.services.orders import allocate_order, cancel_order, create_order, open_order
from fulfillment.services.shipping import ship_order
from fulfillment.services.short_picks import short_pick
from fulfillment.services.swaps import swap_and_ship, swap_lot
from fulfillment.services.waves import (
    cancel_wave,
    create_wave,
    fail_wave,
    interrupt_wave,
    release_batch,
    release_wave,
    take_up_wave,
)

__all__ = [
    "allocate_order",
    "cancel_order",
    "cancel_wave",
    "create_order",
    "create_wave",
    "fail_wave",
    "interrupt_wave",
    "open_order",
    "release_batch",
    "release_wave",
    "ship_order",
    "short_pick",
    "swap_and_ship",
    "swap_lot",
    "take_up_wave",
]
