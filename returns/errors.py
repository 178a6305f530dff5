"""What returns refuse. Codes are those of the REST API."""

from merchants.errors import Malformed, Refusal


class ReferenceTaken(Refusal):
    """Another return of the merchant has this reference."""

    code = "reference_taken"


class WrongStatus(Refusal):
    """The return is not in a state in which this can be done."""

    code = "wrong_status"


class MoreThanShipped(Refusal):
    """More units are to come back than the order shipped."""

    code = "more_than_shipped"


class UnknownLine(Malformed):
    """The return has no such line."""

    code = "unknown_line"


class UnknownLocation(Malformed):
    """The return's warehouse has no such location."""

    code = "unknown_location"
