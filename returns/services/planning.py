"""Deciding what becomes of inspected units: reads the facts, asks the rules, writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from inventory.models import BackupAction, Lot, Product, ReturnAction
from inventory.queries.lots import LotRef, agrees, find_lots, heirs
from inventory.queries.shipped import shipped_units
from merchants.errors import FieldError, Malformed
from returns.disposition import Decision, Found, Kind, KnownLot, RequestedAction, Terms, decide
from returns.errors import MoreThanShipped, UnknownLine
from returns.models import Return, ReturnLine
from returns.queries import hold_reasons, inspected_units, returned_lots
from returns.requests import Finding


@dataclass(frozen=True, slots=True)
class Part:
    """Units of a finding that are treated alike.

    ``lot`` is the one in which they will stand: None where none was read for certain.
    """

    finding: Finding
    line: ReturnLine
    lot: Lot | None
    quantity: int
    decision: Decision


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules ask about, read at once."""

    lots: Mapping[LotRef, Lot]
    product_holds: Mapping[int, str]
    lot_holds: Mapping[int, str]
    unreturned: Counter[int] | None  # units by lot id that may still come back; None: order unknown


def lines_of(document: Return, findings: Sequence[Finding]) -> list[ReturnLine]:
    """The line that each finding is of. Two queries.

    Raises: Malformed (none, a quantity below 1), UnknownLine, MoreThanShipped where the order is
    known and more units are found than the line announced.
    """
    if not findings:
        raise Malformed("required", "Give at least one line.", field="lines")
    standing = {line.pk: line for line in document.lines.select_related("product__merchant")}
    errors: list[FieldError] = []
    for place, finding in enumerate(findings):
        if finding.line_id not in standing:
            message = f"{document.number} has no line {finding.line_id}."
            errors.append(
                {"field": f"lines[{place}].line", "code": "unknown_line", "message": message}
            )
        elif finding.quantity < 1:
            message = f"{finding.quantity} is no number of units: give 1 or more."
            errors.append(
                {"field": f"lines[{place}].quantity", "code": "min_value", "message": message}
            )
    if errors:
        raise UnknownLine(errors[0]["code"], errors[0]["message"], errors=errors)
    lines = [standing[finding.line_id] for finding in findings]
    if document.order_id is not None:
        _require_announced(document, findings, lines)
    return lines


def plan(
    document: Return,
    findings: Sequence[Finding],
    lines: Sequence[ReturnLine],
    products: Mapping[int, Product],
    now: datetime,
) -> list[Part]:
    """What becomes of what was found, in its order; six queries.

    ``products`` by id, with their merchant. Units of a lot beyond what the order shipped of it
    are a part of their own, of an unknown lot.
    """
    refs = [
        LotRef(line.product_id, finding.lot_number, finding.expires_on)
        for finding, line in zip(findings, lines, strict=True)
    ]
    facts = _facts(document, refs)
    today = document.warehouse.today(now)
    parts: list[Part] = []
    for finding, line, ref in zip(findings, lines, refs, strict=True):
        product = line.product = products[line.product_id]
        lot = facts.lots.get(ref)
        terms = _terms(document, line, product, facts)
        certain = lot if lot is not None and agrees(lot, ref) else None
        decided: list[tuple[int, Decision]] = []
        for units, was_shipped in _shares(finding.quantity, certain, facts):
            found = Found(
                passed=finding.passed,
                number=finding.lot_number.strip(),
                expires_on=finding.expires_on,
                lot=_known(lot, facts),
                was_shipped=was_shipped,
            )
            decided.append((units, decide(terms, found, today=today)))
        parts += [
            Part(finding, line, certain, units, decision) for units, decision in _joined(decided)
        ]
    return parts


def _require_announced(
    document: Return, findings: Sequence[Finding], lines: Sequence[ReturnLine]
) -> None:
    found = inspected_units(document.pk)
    for finding, line in zip(findings, lines, strict=True):
        found[line.pk] += finding.quantity
        if found[line.pk] > line.quantity:
            raise MoreThanShipped(
                message=f"The line announces {line.quantity} units of {line.product.sku}, and "
                f"{found[line.pk]} would have been found: more than came of "
                f"{document.order.number if document.order else 'the order'}.",
                sku=line.product.sku,
                announced=line.quantity,
                found=found[line.pk],
            )


def _facts(document: Return, refs: Sequence[LotRef]) -> Facts:
    lots = find_lots(refs)
    product_holds, lot_holds = hold_reasons(
        {ref.product_id for ref in refs}, {lot.pk for lot in lots.values()}
    )
    unreturned: Counter[int] | None = None
    if document.order is not None:
        shipped = shipped_units(
            merchant_id=document.merchant_id, order_number=document.order.number
        )
        units = Counter[int]()
        for one in shipped:
            if one.lot_id is not None:
                units[one.lot_id] += one.quantity
        units.subtract(returned_lots(document.order.pk))
        unreturned = _under_their_names_now(units)
    return Facts(lots, product_holds, lot_holds, unreturned)


def _under_their_names_now(units: Counter[int]) -> Counter[int]:
    """Units by lot, those of a lot that was merged since with those of the lot that it became."""
    now = heirs(units)
    named: Counter[int] = Counter()
    for pk, quantity in units.items():
        named[now.get(pk, pk)] += quantity
    return named


def _terms(document: Return, line: ReturnLine, product: Product, facts: Facts) -> Terms:
    is_rts = document.kind == Kind.RTS
    preference = product.rts_action if is_rts else product.return_action
    backup = product.rts_backup_action if is_rts else product.return_backup_action
    return Terms(
        kind=Kind(document.kind),
        sku=product.sku,
        is_lot_product=product.is_lot_product,
        asks_for_lot=product.is_tracked,
        requested=RequestedAction(line.requested_action),
        preference=ReturnAction(preference),
        backup=BackupAction(backup),
        min_shelf_life_days=product.days_needed,
        product_hold=facts.product_holds.get(product.pk),
        order=document.order.number if document.order else "",
    )


def _known(lot: Lot | None, facts: Facts) -> KnownLot | None:
    if lot is None:
        return None
    name = lot.number or f"expiring {lot.expires_on}"
    return KnownLot(name, lot.expires_on, facts.lot_holds.get(lot.pk))


def _shares(quantity: int, lot: Lot | None, facts: Facts) -> list[tuple[int, bool]]:
    """Units that the order may have shipped of the lot, and those beyond; takes them from it."""
    if lot is None or facts.unreturned is None:
        return [(quantity, True)]
    within = min(quantity, max(0, facts.unreturned[lot.pk]))
    facts.unreturned[lot.pk] -= within
    shares = [(within, True), (quantity - within, False)]
    return [share for share in shares if share[0]]


def _joined(decided: Sequence[tuple[int, Decision]]) -> list[tuple[int, Decision]]:
    """Neighbours with one decision are one part."""
    units = Counter[Decision]()
    for quantity, decision in decided:
        units[decision] += quantity
    return [(quantity, decision) for decision, quantity in units.items()]
