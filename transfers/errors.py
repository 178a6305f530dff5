"""What transfers refuse. Codes are those of the REST API."""

from merchants.errors import Malformed, Refusal


class ReferenceTaken(Refusal):
    """Another transfer of the merchant has this reference."""

    code = "reference_taken"


class WrongStatus(Refusal):
    """The transfer is not in a state in which this can be done."""

    code = "wrong_status"


class MoreThanAsked(Refusal):
    """More units are to be sent than the transfer asks for."""

    code = "more_than_asked"


class MoreThanInTransit(Refusal):
    """More units are to be received than are under way."""

    code = "more_than_in_transit"


class SameWarehouse(Malformed):
    """A transfer leads from one warehouse to another."""

    code = "same_warehouse"
