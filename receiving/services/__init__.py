"""The verbs of receiving: typed, keyword-only, atomic, with the actor and the time passed in."""

from receiving.services.closing import cancel_wro, complete_wro
from receiving.services.copying import copy_wro
from receiving.services.drafts import WROFields, create_wro, update_wro
from receiving.services.receipt import Count, arrive_wro, receive
from receiving.services.stowing import StowLine, stow
from receiving.services.submission import announce_wro, submit_wro

__all__ = [
    "Count",
    "StowLine",
    "WROFields",
    "announce_wro",
    "arrive_wro",
    "cancel_wro",
    "complete_wro",
    "copy_wro",
    "create_wro",
    "receive",
    "stow",
    "submit_wro",
    "update_wro",
]
