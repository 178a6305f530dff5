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


class NothingToLabel(Refusal):
    code = "nothing_to_label"


class NothingAnnounced(Refusal):
    """A WRO without lines announces nothing."""

    code = "nothing_announced"


class ReceivedMeanwhile(Refusal):
    """Units of the WRO were received since the person looked; what he counted may be among them."""

    code = "received_meanwhile"


class MoreThanReceived(Refusal):
    """More units are to be stowed than wait at the dock for this WRO."""

    code = "more_than_received"


class UnitsAtDock(Refusal):
    """Received units still wait at the dock."""

    code = "units_at_dock"


class NothingToUndo(Refusal):
    """The person has no scan left that is not received."""

    code = "nothing_to_undo"


class NothingCounted(Refusal):
    """No scanned unit waits to be received."""

    code = "nothing_counted"


class OpenScans(Refusal):
    """Units are scanned and not received yet."""

    code = "open_scans"


class ResolutionNotPossible(Refusal):
    """This cannot become of units of such a discrepancy."""

    code = "resolution_not_possible"


class AlreadyResolved(Refusal):
    """Nothing of the discrepancy is left to decide, or fewer units than are asked for."""

    code = "already_resolved"


class WrongWarehouse(Refusal):
    """The delivery stands in another warehouse than the WRO is for."""

    code = "wrong_warehouse"


class TraceabilityIncomplete(Refusal):
    """Key data elements of an FTL food's receipt are missing."""

    code = "traceability_incomplete"


class RuleExists(Refusal):
    """There is a check-in rule of this product and channel already."""

    code = "rule_exists"
