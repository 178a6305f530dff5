"""The verbs of transfers: typed, keyword-only, atomic, with the actor and the time passed in."""

from transfers.services.arrival import Stowed, receive_transfer, write_off_transfer
from transfers.services.documents import (
    LineRequest,
    TransferRequest,
    cancel_transfer,
    create_transfer,
)
from transfers.services.sending import Taken, send_transfer

__all__ = [
    "LineRequest",
    "Stowed",
    "Taken",
    "TransferRequest",
    "cancel_transfer",
    "create_transfer",
    "receive_transfer",
    "send_transfer",
    "write_off_transfer",
]
