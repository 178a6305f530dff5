"""What a lot must come with, by its product: pure, for every way in which lots enter."""

from datetime import date

from inventory.models import LotEntry, Product, lot_key
from merchants.errors import FieldError

LACKS_BOTH = "lot_or_expiry_required"


def missing(product: Product, *, number: str, expires_on: date | None) -> list[FieldError]:
    """What a lot of the product lacks: a number or an expiry always, more where it asks for more.

    ``field`` is ``number`` or ``expires_on``, '' where it has neither. The product comes with its
    merchant; it asks for more only while its lots are tracked.
    """
    has_number, has_expiry = bool(lot_key(number)), expires_on is not None
    if not has_number and not has_expiry:
        message = f"A lot of {product.sku} needs a lot number or an expiry date."
        return [FieldError(field="", code=LACKS_BOTH, message=message)]
    asks = product.lot_entry if product.is_tracked else LotEntry.EITHER
    if asks in (LotEntry.NUMBER, LotEntry.BOTH) and not has_number:
        message = f"{product.sku} asks for the lot number of every lot."
        return [FieldError(field="number", code="lot_number_required", message=message)]
    if asks in (LotEntry.EXPIRY, LotEntry.BOTH) and not has_expiry:
        message = f"{product.sku} asks for the expiry date of every lot."
        return [FieldError(field="expires_on", code="expiry_required", message=message)]
    return []
