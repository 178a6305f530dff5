"""The key data elements that 21 CFR 1.1345(a) asks for when an FTL food is received. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class KeyData:
    """What is known of one lot's receipt, in the order of the rule.

    Its unit of measure is always the unit. The source of the traceability lot code is told by
    itself or by a reference to it (a GLN, an FDA registration number, an address on the web).
    """

    lot_code: str = ""
    quantity: int = 0
    description: str = ""
    previous_source: str = ""
    received_at: str = ""
    received_on: date | None = None
    lot_code_source: str = ""
    lot_code_source_reference: str = ""
    document_type: str = ""
    document_number: str = ""


def missing(known: KeyData) -> list[str]:
    """The elements that are not known, as (1) to (8) name them; none where the receipt is whole."""
    source = known.lot_code_source.strip() or known.lot_code_source_reference.strip()
    document = known.document_type.strip() and known.document_number.strip()
    elements = (
        ("traceability lot code", known.lot_code.strip()),
        ("quantity and unit", known.quantity),
        ("product description", known.description.strip()),
        ("location of the immediate previous source", known.previous_source.strip()),
        ("location where it was received", known.received_at.strip()),
        ("date received", known.received_on),
        ("source of the traceability lot code, or a reference to it", source),
        ("type and number of the reference document", document),
    )
    return [name for name, value in elements if not value]
