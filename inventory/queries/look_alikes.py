"""Known lots that a new lot number may be taken for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from inventory.look_alikes import skeleton
from inventory.models import Lot, lot_key
from inventory.queries.lots import LotRef


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A number, and the one of another lot of the product that looks like it."""

    ref: LotRef
    number: str


def look_alikes(refs: Iterable[LotRef]) -> list[LookAlike]:
    """Of the lots that these name, those that look like another one, known or among them.

    In the order of the references, each pair among them once. The same number written otherwise is
    the same lot and looks like nothing. One query.
    """
    named = {ref.identity: ref for ref in refs if lot_key(ref.number)}
    forms = {identity: skeleton(ref.number) for identity, ref in named.items()}
    known: defaultdict[tuple[int, str], dict[str, str]] = defaultdict(dict)
    rows = Lot.objects.filter(
        product_id__in={ref.product_id for ref in named.values()},
        number_skeleton__in=set(forms.values()),
    )
    facts = ("product_id", "number_skeleton", "number_key", "number")
    for product_id, form, key, number in rows.order_by("id").values_list(*facts):
        known[product_id, form][key] = number
    found = []
    for identity, ref in named.items():
        alike = known[ref.product_id, forms[identity]]
        key = identity[1]
        found += [LookAlike(ref, number) for other, number in alike.items() if other != key]
        alike.setdefault(key, ref.number.strip())
    return found
