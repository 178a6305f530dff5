"""What has to be known of the receipt of foods of the Food Traceability List."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict

from inventory.kinds import LocationKind
from inventory.models import Lot, Movement, PostingKind, Product, Supply
from inventory.services.checks import check_fields
from merchants.errors import Malformed
from merchants.events import record_many
from merchants.models import User
from merchants.transactions import act
from receiving.errors import TraceabilityIncomplete
from receiving.models import WRO, ReceiptFacts
from receiving.queries import supplies_of
from receiving.services.documents import happening, lock_wro
from receiving.traceability import KeyData, missing

WRITABLE = tuple(status for status in WRO.Status if status != WRO.Status.CANCELLED)


class FactFields(TypedDict, total=False):
    """What may be said of a receipt; a field that is absent stays as it is."""

    tlc_source: str
    tlc_source_reference: str
    previous_source: str
    document_type: str
    document_number: str


@dataclass(frozen=True, slots=True)
class Traced:
    """A lot of an FTL food that a WRO announced, with what is known and what is missing."""

    product: Product
    lot: Lot | None
    received: int
    facts: ReceiptFacts | None
    known: KeyData

    @property
    def missing(self) -> list[str]:
        return missing(self.known) if self.received else []


@act
def write_receipt_facts(
    *,
    actor: User,
    now: datetime,
    wro_id: int,
    fields: FactFields,
    lot_ids: Collection[int] | None = None,
) -> list[ReceiptFacts]:
    """Say of these lots of a WRO (None: of all its FTL foods) where they came from, by what paper.

    Raises: NotFound, WrongStatus, Malformed (a lot that is no FTL food of the WRO). Locks the WRO.
    """
    wro = lock_wro(actor, wro_id, *WRITABLE, to="given receipt facts")
    lots = {one.lot.pk: one for one in traced_lots(wro) if one.lot}
    wanted = list(lots) if lot_ids is None else list(dict.fromkeys(lot_ids))
    if not wanted or not lots.keys() >= set(wanted):
        message = f"{wro.number} announces no such lot of an FTL food."
        raise Malformed("not_an_ftl_lot", message, field="lots")
    written = []
    for pk in wanted:
        one = lots[pk]
        facts = one.facts or ReceiptFacts(
            merchant_id=wro.merchant_id, wro=wro, product=one.product, lot=one.lot
        )
        for name, value in fields.items():
            setattr(facts, name, value)
        facts.written_at, facts.written_by = now, actor
        check_fields(facts)
        facts.save()
        written.append(facts)
    record_many([happening("receipt_facts_written", wro, now, lots=wanted)])
    return written


def traced_lots(wro: WRO) -> list[Traced]:
    """The FTL foods that a WRO announced, by lot, in its order. Three queries."""
    supplies = list(supplies_of(wro).filter(product__is_ftl=True).select_related("product", "lot"))
    facts: dict[int | None, ReceiptFacts]
    facts = {one.lot_id: one for one in ReceiptFacts.objects.filter(wro=wro).order_by("id")}
    days = _received_on(wro, {one.product_id for one in supplies}) if supplies else {}
    return [
        Traced(
            product=one.product,
            lot=one.lot,
            received=one.received,
            facts=facts.get(one.lot_id),
            known=_known(wro, one, facts.get(one.lot_id), days.get((one.product_id, one.lot_id))),
        )
        for one in supplies
    ]


def require_traceability(wro: WRO) -> None:
    """Refuse to close a receipt of which the law asks more. Raises: TraceabilityIncomplete."""
    faults = [(one, one.missing) for one in traced_lots(wro) if one.missing]
    if not faults:
        return
    lines = [
        f"{one.product.sku}, lot {one.lot or 'unknown'}: {'; '.join(names)}"
        for one, names in faults
    ]
    raise TraceabilityIncomplete(
        message="Key data elements of FTL foods are missing. " + ". ".join(lines) + ".",
        missing=[
            {"sku": one.product.sku, "lot_number": one.lot.number if one.lot else None,
             "elements": names}
            for one, names in faults
        ],
    )  # fmt: skip


def _received_on(wro: WRO, product_ids: set[int]) -> dict[tuple[int, int | None], date]:
    """The warehouse's day of the first receipt of each product and lot."""
    rows = Movement.objects.filter(
        posting__kind=PostingKind.RECEIVE,
        posting__merchant_id=wro.merchant_id,
        posting__reference=wro.number,
        product_id__in=product_ids,
    ).exclude(target__location_kind=LocationKind.SUPPLIER)
    days: dict[tuple[int, int | None], date] = {}
    pairs = rows.order_by("id").values_list("product_id", "target__lot_id", "posting__occurred_at")
    for product_id, lot_id, at in pairs:
        days.setdefault((product_id, lot_id), wro.warehouse.today(at))
    return days


def _known(wro: WRO, one: Supply, facts: ReceiptFacts | None, day: date | None) -> KeyData:
    told = facts or ReceiptFacts()
    return KeyData(
        lot_code=(one.lot.supplier_number or one.lot.number) if one.lot else "",
        quantity=one.received,
        description=one.product.name,
        previous_source=told.previous_source,
        received_at=wro.warehouse.name,
        received_on=day,
        lot_code_source=told.tlc_source,
        lot_code_source_reference=told.tlc_source_reference,
        document_type=told.document_type,
        document_number=told.document_number,
    )
