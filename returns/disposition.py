"""What becomes of units that came back: the eight rules of a return, in their order.

Pure: plain values in, one decision out, in words that a merchant can read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.db.models import TextChoices

from inventory.models import BackupAction, ReturnAction


class Kind(TextChoices):
    CUSTOMER_RETURN = "customer_return", "Customer return"
    RTS = "rts", "RTS"


class RequestedAction(TextChoices):
    """What the merchant asks for one line; by default what the product prefers."""

    DEFAULT = "default", "Default"
    RESTOCK = "restock", "Restock"
    QUARANTINE = "quarantine", "Quarantine"
    DISPOSE = "dispose", "Dispose"


class Rule(TextChoices):
    """Why an action was taken. The first that applies decides."""

    LOT_ON_HOLD = "lot_on_hold", "The lot is on hold"
    LOT_UNKNOWN = "lot_unknown", "The lot is unknown"
    LOT_PRODUCT_CUSTOMER_RETURN = (
        "lot_product_customer_return",
        "Customer returns of lot products are not restocked",
    )
    INSPECTION_FAILED = "inspection_failed", "Inspection failed"
    EXPIRED = "expired", "The lot is expired"
    BELOW_MIN_SHELF_LIFE = "below_min_shelf_life", "Below the minimum shelf life"
    REQUESTED = "requested", "Requested by the merchant"
    PREFERENCE = "preference", "The product's preference"


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed for a line: the merchant's wish, its preferences, and the product's rules.

    ``asks_for_lot``: the account tracks lots and this is a lot product, so a unit without a
    readable lot cannot be placed. ``product_hold``: the reason of a hold on the product.
    ``order``: the order's number where it is known.
    """

    kind: Kind
    sku: str
    is_lot_product: bool
    asks_for_lot: bool
    requested: RequestedAction
    preference: ReturnAction
    backup: BackupAction
    min_shelf_life_days: int = 0
    product_hold: str | None = None
    order: str = ""

    @property
    def wanted(self) -> ReturnAction:
        """What would be done if nothing stood against it."""
        if self.requested == RequestedAction.DEFAULT:
            return self.preference
        return ReturnAction(self.requested.value)


@dataclass(frozen=True, slots=True)
class KnownLot:
    """The lot of the product that the units name; ``hold`` is the reason of a hold on it."""

    name: str
    expires_on: date | None = None
    hold: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What the inspection found: passed or failed, and the lot as it was read.

    ``lot`` is the product's lot that the reading names, if there is one. ``was_shipped`` is False
    where the order is known and did not ship these units of the lot.
    """

    passed: bool
    number: str = ""
    expires_on: date | None = None
    lot: KnownLot | None = None
    was_shipped: bool = True

    @property
    def reads_nothing(self) -> bool:
        return not self.number and self.expires_on is None

    @property
    def reading(self) -> str:
        return self.number or f"expiring {self.expires_on}"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with the units, by which rule, and why in words."""

    action: ReturnAction
    rule: Rule
    explanation: str


def decide(terms: Terms, found: Found, *, today: date) -> Decision:
    """What becomes of units of one line that were found alike, on the warehouse's ``today``.

    The first rule that applies decides (PRODUCT, "Returns"). Held and unknown lots always go to
    quarantine, also where disposal was asked for: nothing is destroyed unseen.
    """
    if why := _lot_on_hold(terms, found):
        why = f"{why.rstrip('.')}. Held units go to quarantine."
        return Decision(ReturnAction.QUARANTINE, Rule.LOT_ON_HOLD, why)
    if why := doubt(terms, found):
        why = f"{why} Units whose lot is not certain go to quarantine."
        return Decision(ReturnAction.QUARANTINE, Rule.LOT_UNKNOWN, why)
    if terms.wanted != ReturnAction.RESTOCK:
        return _as_wanted(terms)
    if terms.kind == Kind.CUSTOMER_RETURN and terms.is_lot_product:
        why = "A customer return of a lot product is never restocked: it goes to quarantine."
        return Decision(ReturnAction.QUARANTINE, Rule.LOT_PRODUCT_CUSTOMER_RETURN, why)
    for rule, against in BACKUP_RULES:
        if why := against(terms, found, today):
            backup = ReturnAction(terms.backup.value)
            why = f"{why} The backup action for {_many(terms.kind)} is to {IN_WORDS[backup]}."
            return Decision(backup, rule, why)
    return _as_wanted(terms)


def doubt(terms: Terms, found: Found) -> str:
    """Why it is not certain which lot the units are of; '' where it is."""
    if found.reads_nothing:
        return "No lot number or expiry date could be read." if terms.asks_for_lot else ""
    if found.lot is None:
        return f"{terms.sku} has no lot {found.reading}."
    if found.expires_on is not None and found.expires_on != found.lot.expires_on:
        expiry = found.lot.expires_on
        known = f"with expiry {expiry}" if expiry else "without an expiry"
        return f"Lot {found.lot.name} is known {known}, but {found.expires_on} was read."
    if not found.was_shipped:
        return f"{terms.order} did not ship these units of lot {found.lot.name}."
    return ""


IN_WORDS = {
    ReturnAction.RESTOCK: "restock them",
    ReturnAction.QUARANTINE: "quarantine them",
    ReturnAction.DISPOSE: "dispose of them",
}


def _lot_on_hold(terms: Terms, found: Found) -> str:
    if found.lot is not None and found.lot.hold is not None:
        return f"Lot {found.lot.name} is on hold: {found.lot.hold}"
    if terms.product_hold is not None:
        return f"{terms.sku} is on hold: {terms.product_hold}"
    return ""


def _inspection_failed(terms: Terms, found: Found, today: date) -> str:
    return "" if found.passed else "The units failed inspection."


def _expired(terms: Terms, found: Found, today: date) -> str:
    remaining = _days_remaining(found, today)
    if found.lot is None or remaining is None or remaining >= 0:
        return ""
    return f"Lot {found.lot.name} expired on {found.lot.expires_on}."


def _below_min_shelf_life(terms: Terms, found: Found, today: date) -> str:
    remaining = _days_remaining(found, today)
    if found.lot is None or remaining is None or remaining >= terms.min_shelf_life_days:
        return ""
    needed = terms.min_shelf_life_days
    return f"Lot {found.lot.name} has {_days(remaining)} remaining and needs {needed}."


# What stands against restocking, in the order in which it is asked; '' where nothing does.
BACKUP_RULES: tuple[tuple[Rule, Callable[[Terms, Found, date], str]], ...] = (
    (Rule.INSPECTION_FAILED, _inspection_failed),
    (Rule.EXPIRED, _expired),
    (Rule.BELOW_MIN_SHELF_LIFE, _below_min_shelf_life),
)


def _as_wanted(terms: Terms) -> Decision:
    action = terms.wanted
    if terms.requested != RequestedAction.DEFAULT:
        why = f"The merchant asked to {IN_WORDS[action]}."
        return Decision(action, Rule.REQUESTED, why)
    why = f"The product's preference for {_many(terms.kind)} is to {IN_WORDS[action]}."
    return Decision(action, Rule.PREFERENCE, why)


def _days_remaining(found: Found, today: date) -> int | None:
    if found.lot is None or found.lot.expires_on is None:
        return None
    return (found.lot.expires_on - today).days


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _many(kind: Kind) -> str:
    return "RTS" if kind == Kind.RTS else "customer returns"
