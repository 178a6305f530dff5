"""The verbs of receiving: typed, keyword-only, atomic, with the actor and the time passed in."""

from receiving.services.closing import cancel_wro, complete_wro
from receiving.services.copying import copy_wro
from receiving.services.deliveries import (
    DeliveryFields,
    close_delivery,
    link_delivery,
    receive_delivery,
    record_delivery,
)
from receiving.services.drafts import WROFields, create_wro, update_wro
from receiving.services.photos import add_photo
from receiving.services.receipt import Count, arrive_wro, receive
from receiving.services.resolutions import Decision, resolve_discrepancy, update_discrepancy
from receiving.services.rules import RuleFields, delete_rule, save_rule
from receiving.services.scanning import Shot, receive_scans, scan, undo_scan
from receiving.services.stowing import StowLine, stow
from receiving.services.submission import announce_wro, submit_wro
from receiving.services.traceability import FactFields, traced_lots, write_receipt_facts

__all__ = [
    "Count",
    "Decision",
    "DeliveryFields",
    "FactFields",
    "RuleFields",
    "Shot",
    "StowLine",
    "WROFields",
    "add_photo",
    "announce_wro",
    "arrive_wro",
    "cancel_wro",
    "close_delivery",
    "complete_wro",
    "copy_wro",
    "create_wro",
    "delete_rule",
    "link_delivery",
    "receive",
    "receive_delivery",
    "receive_scans",
    "record_delivery",
    "resolve_discrepancy",
    "save_rule",
    "scan",
    "stow",
    "submit_wro",
    "traced_lots",
    "undo_scan",
    "update_discrepancy",
    "update_wro",
    "write_receipt_facts",
]
