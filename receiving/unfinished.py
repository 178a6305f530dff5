"""What a draft still lacks, step by step, so that it can be taken up where it was left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from inventory.queries.lots import find_lots
from receiving.announcement import faults, lot_refs, same_lots
from receiving.models import WRO
from receiving.packing import announced_units, sum_faults
from receiving.services.boxes import announced_boxes
from receiving.services.lines import announced_lines

MOST_TOLD = 5


@dataclass(frozen=True)
class Missing:
    """What is to be done in a step; only some of it keeps a draft from being submitted."""

    step: str
    message: str
    is_needed: bool = True


def missing_of(wro: WRO) -> list[Missing]:
    """What a draft still lacks, in the order of its steps. At most five queries."""
    lines = announced_lines(wro)
    if not lines:
        return [Missing("products", "Add what it brings.")]
    announced = list(lines.values())
    wrong = [*faults(announced), *same_lots(announced, find_lots(lot_refs(announced)))]
    found = _told("products", (one["message"] for one in wrong))
    boxes = announced_boxes(wro)
    if not boxes:
        found.append(Missing("boxes", "Say in how many boxes it comes.", is_needed=False))
    wrong = sum_faults(boxes, announced_units(lines.values()))
    return found + _told("boxes", (one["message"] for one in wrong))


def _told(step: str, messages: Iterable[str]) -> list[Missing]:
    """The first few; a file with a thousand lots would fill the page."""
    told = list(messages)
    more = len(told) - MOST_TOLD
    missing = [Missing(step, message) for message in told[:MOST_TOLD]]
    return missing + ([Missing(step, f"And {more} more like that.")] if more > 0 else [])


def first_step(missing: list[Missing]) -> str:
    """The step with which to go on."""
    return missing[0].step if missing else "review"
