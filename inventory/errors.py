"""What the inventory refuses. Codes are those of the REST API."""

from merchants.errors import Malformed, Refusal


class InsufficientStock(Refusal):
    """More units are asked for than stand there."""

    code = "insufficient_stock"


class UnitsCommitted(Refusal):
    """The units are promised to orders."""

    code = "units_committed"


class OtherLotInLocation(Refusal):
    """The bin holds other units of the product; lots are kept apart."""

    code = "other_lot_in_location"


class ProductNotInWarehouse(Refusal):
    code = "product_not_in_warehouse"


class NoLocationFree(Refusal):
    code = "no_location_free"


class BinTooSmall(Refusal):
    """The units do not fit into the bin, and nobody said why they go there nevertheless."""

    code = "bin_too_small"


class NotAStockLocation(Refusal):
    """The act needs another kind of location."""

    code = "wrong_location_kind"


class RestockNotSupportedForLotProduct(Refusal):
    code = "restock_not_supported_for_lot_product"


class SkuTaken(Refusal):
    code = "sku_taken"


class LotsInStock(Refusal):
    """Lot tracking cannot be switched off while the product has units in lots."""

    code = "lots_in_stock"


class LotNumberTaken(Refusal):
    code = "lot_number_taken"


class LotConflict(Refusal):
    """A known lot number with another expiry: a person decides."""

    code = "lot_conflict"


class BreakdownDoesNotSum(Refusal):
    """A breakdown has more or fewer units than it stamps."""

    code = "breakdown_does_not_sum"


class LotAlreadyReceived(Refusal):
    code = "lot_already_received"


class LotCodeFixed(Refusal):
    """The traceability lot code of a received FTL food never changes."""

    code = "lot_code_fixed"


class LotInUse(Refusal):
    code = "lot_in_use"


class LotLooksLike(Refusal):
    """A new lot number that can be taken for a known one: a person decides."""

    code = "lot_looks_like"


class LotsRefused(Refusal):
    """Some of many lots; `refusals` by the key of each."""

    code = "lots_refused"


class LotMerged(Refusal):
    """The lot was merged into another one and stays as its alias."""

    code = "lot_merged"


class LotOnHold(Refusal):
    """Units on hold would no longer be."""

    code = "lot_on_hold"


class LotInactive(Refusal):
    """Units that are not picked would be."""

    code = "lot_inactive"


class RestrictionsDiffer(Refusal):
    """Units would come to where they may not go."""

    code = "restrictions_differ"


class ExpiryDiffers(Refusal):
    """Two lots become one, with two expiry dates: a person decides."""

    code = "expiry_differs"


class LotFormatTaken(Refusal):
    code = "lot_format_taken"


class NoLotFormat(Refusal):
    """Nothing says how the product's lots are numbered."""

    code = "no_lot_format"


class SequenceExhausted(Refusal):
    """The format has no room for a further number."""

    code = "sequence_exhausted"


class NameTaken(Refusal):
    code = "name_taken"


class DayNotBegun(Refusal):
    """The daily run of a day that has not begun in that warehouse."""

    code = "day_not_begun"


class HoldAlreadyReleased(Refusal):
    code = "already_released"


class SetAsideEnded(Refusal):
    code = "already_ended"


class NotReleasable(Refusal):
    """A case from a customer return of a lot product never goes back to stock."""

    code = "not_releasable"


class UnitsNotFound(Refusal):
    """Units of a short pick cannot be sent anywhere: nobody knows where they are."""

    code = "units_not_found"


class ExpiredNeverAvailable(Refusal):
    code = "expired_never_available"


class UnknownLot(Malformed):
    code = "unknown_lot"


class LotOrExpiryRequired(Malformed):
    code = "lot_or_expiry_required"


class LocationInUse(Refusal):
    code = "location_in_use"


class DisposalEnded(Refusal):
    """The request was carried out, refused or cancelled."""

    code = "already_ended"


class AlreadyRequested(Refusal):
    """Open requests ask for so many units of the lot that there are too few for another."""

    code = "already_requested"


class DigestNotSent(Exception):
    """The mail server did not take a digest. No refusal: it is tried again."""
