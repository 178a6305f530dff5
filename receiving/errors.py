"""What receiving refuses. Codes are those of the REST API."""

from merchants.errors import Refusal


class ReferenceTaken(Refusal):
    """Another WRO of the merchant has this reference."""

    code = "reference_taken"


class PurchaseOrderNumberTaken(Refusal):
    """Another WRO of the merchant has this purchase-order number."""

    code = "purchase_order_number_taken"


class WrongStatus(Refusal):
    """The WRO is not in a state in which this can be done."""

    code = "wrong_status"


class NothingAnnounced(Refusal):
    """A WRO without lines announces nothing."""

    code = "nothing_announced"


class MoreThanReceived(Refusal):
    """More units are to be stowed than wait at the dock for this WRO."""

    code = "more_than_received"


class UnitsAtDock(Refusal):
    """Received units still wait at the dock."""

    code = "units_at_dock"
