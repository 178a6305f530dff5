"""What may become of the units of a discrepancy: one table. Pure."""

from __future__ import annotations

from receiving.models import Discrepancy, Resolution

Type, Kind = Discrepancy.Type, Resolution.Kind

GIVE_UP = (Kind.RETURN_TO_MERCHANT, Kind.DISPOSE)
KEEP = (Kind.ACCEPT_AS_RECEIVED, *GIVE_UP)
NAME_THE_LOT = (Kind.CORRECT_LOT, Kind.SEPARATE_LOT)

POSSIBLE: dict[str, tuple[Resolution.Kind, ...]] = {
    Type.NO_WRO: (Kind.ACCEPT_AS_RECEIVED, *NAME_THE_LOT, *GIVE_UP),
    Type.OVERAGE: KEEP,
    Type.SHORT: (Kind.ACCEPT_AS_RECEIVED,),
    Type.LOT_MISMATCH: (Kind.ACCEPT_AS_RECEIVED, Kind.CORRECT_LOT, *GIVE_UP),
    # Two dates of one number: accepting both is what a person has to decide against.
    Type.EXPIRY_MISMATCH: (*NAME_THE_LOT, *GIVE_UP),
    Type.EXPIRED_ON_ARRIVAL: KEEP,
    Type.SHORT_DATED_ON_ARRIVAL: KEEP,
    Type.DAMAGED: KEEP,
    Type.UNLISTED_PRODUCT: (Kind.ACCEPT_AS_RECEIVED, *NAME_THE_LOT, *GIVE_UP),
    Type.UNREADABLE_BARCODE: (*NAME_THE_LOT, *GIVE_UP),
}

# What each does: to units in quarantine, and where it is no more than an acknowledgement.
WORDS: dict[str, str] = {
    Kind.ACCEPT_AS_RECEIVED: "The units leave quarantine for a bin, as what they are, and are "
    "offered to backordered orders at once.",
    Kind.CORRECT_LOT: "The units get the lot that they are of. Where the WRO announced it, they go "
    "to the dock and count as received; else to a bin.",
    Kind.SEPARATE_LOT: "The units become a lot of their own, such as VC-A (2), that is found by "
    "what the supplier wrote too. They go to a bin.",
    Kind.RETURN_TO_MERCHANT: "The units leave the house for their merchant.",
    Kind.DISPOSE: "The units are destroyed. This cannot be undone.",
}
OFFERED = [(kind.value, kind.label) for kind in Kind if kind in WORDS]
ACKNOWLEDGED = "Nothing moves: that it is so is accepted, and the discrepancy is closed."


def possible(
    type: str, *, is_damaged: bool = False, needs_lot: bool = False
) -> tuple[Resolution.Kind, ...]:
    """What may become of units of a discrepancy of this type, in the order of the buttons.

    Damaged units among those set apart are never put to stock, and units of a lot product whose
    lot is not known only once somebody says which it is.
    """
    if is_damaged:
        return GIVE_UP
    kinds = POSSIBLE[type]
    return tuple(one for one in kinds if one != Kind.ACCEPT_AS_RECEIVED) if needs_lot else kinds


def possible_for(one: Discrepancy) -> tuple[Resolution.Kind, ...]:
    """The same for a discrepancy, whose product and merchant are loaded."""
    needs_lot = one.case_id is not None and one.lot_id is None and one.product.is_tracked
    return possible(one.type, is_damaged=one.is_damaged, needs_lot=needs_lot)
