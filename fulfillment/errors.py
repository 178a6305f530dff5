"""What fulfillment refuses. Codes are those of the REST API."""

from merchants.errors import Malformed, Refusal


class ReferenceTaken(Refusal):
    """References are unique per merchant."""

    code = "reference_taken"


class LotMismatch(Refusal):
    """The lot in the packer's hand is not the one that was promised."""

    code = "lot_mismatch"


class LotNotAllocatable(Refusal):
    """The lot expired, was held or was deactivated since it was promised."""

    code = "lot_not_allocatable"


class AlreadyShipped(Refusal):
    code = "already_shipped"


class AlreadyCancelled(Refusal):
    code = "already_cancelled"


class NothingAllocated(Refusal):
    """There are no promised units to ship."""

    code = "nothing_allocated"


class MoreThanAllocated(Refusal):
    """More units are to be shipped than are promised."""

    code = "more_than_allocated"


class NothingMissing(Refusal):
    """All units that are promised there were found."""

    code = "nothing_missing"


class UnknownSku(Malformed):
    code = "unknown_sku"


class NoOpenOrders(Refusal):
    """A wave would be empty."""

    code = "no_open_orders"


class OrderNotOpen(Refusal):
    """An order that was named for a wave is allocated, shipped or cancelled."""

    code = "order_not_open"


class AlreadyInWave(Refusal):
    """An order is in one unfinished wave at most."""

    code = "already_in_wave"


class WaveUnderWay(Refusal):
    code = "wave_under_way"


class WaveNotUnderWay(Refusal):
    """There is nothing to interrupt."""

    code = "wave_not_under_way"


class AlreadyCompleted(Refusal):
    code = "already_completed"
