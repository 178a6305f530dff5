"""The kinds of location, and what each means for the units there."""

from django.db.models import TextChoices


class LocationKind(TextChoices):
    STORAGE = "storage", "Storage"
    DOCK = "dock", "Dock"
    STAGING = "staging", "Staging"
    QUARANTINE = "quarantine", "Quarantine"
    DAMAGED = "damaged", "Damaged"
    MARKETPLACE = "marketplace", "Marketplace"
    SUPPLIER = "supplier", "Supplier"
    CUSTOMER = "customer", "Customer"
    MERCHANT = "merchant", "Merchant"
    DISPOSED = "disposed", "Disposed"
    ADJUSTMENT = "adjustment", "Adjustment"
    IN_TRANSIT = "in_transit", "In transit"


# What a person may create; the virtual kinds come with the warehouse.
CREATABLE = ["storage", "dock", "staging", "quarantine", "damaged"]
# The outside world: units that come from or go to these are not in the house.
VIRTUAL = ["supplier", "customer", "merchant", "disposed", "adjustment", "in_transit"]
# Where units count as on hand. (Units at a dock are still incoming.)
ON_HAND = ["storage", "staging", "quarantine", "damaged"]
# Where units stand in the building, docks too, and of these the places that are few.
IN_THE_BUILDING = ["storage", "dock", "staging", "quarantine", "damaged"]
AREAS = ["dock", "staging", "quarantine", "damaged"]
# Where units are put that are to be shipped: by stowing, restocking and release from quarantine.
BINS = ["storage", "staging"]
# Balances of these may go below zero, and nothing is ever promised there.
MAY_GO_NEGATIVE = [*VIRTUAL, "marketplace"]
# Always mixed, never picked from or sold from.
ALWAYS_MIXED = [*VIRTUAL, "marketplace", "dock", "quarantine", "damaged"]
