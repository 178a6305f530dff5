from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from inventory.constraints import AppendOnly, CompositeForeignKey
from inventory.kinds import AREAS, BINS, IN_THE_BUILDING, MAY_GO_NEGATIVE, LocationKind
from inventory.models.lots import Lot
from inventory.models.places import Location, Warehouse
from inventory.models.products import Product, belongs_to_its_merchant
from inventory.querysets import BalanceQuerySet, MovementQuerySet, ScopedQuerySet
from merchants.models import Merchant


class Balance(models.Model):
    """How many units of one product and lot stand at one location.

    ``committed`` of them are promised to orders. ``expires_on``, ``is_blocked`` and the
    location's flags are copies of what decides at speed. Written by ``inventory.ledger`` only.
    The database refuses: below zero, more promised than present, two lots of a product in a bin.
    """

    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    product = models.ForeignKey(
        Product,
        models.PROTECT,
        related_name="balances",
        db_constraint=False,
        db_index=False,
    )
    lot = models.ForeignKey(
        Lot, models.PROTECT, null=True, related_name="balances", db_constraint=False
    )
    lot_key = models.GeneratedField(
        expression=Coalesce(F("lot_id"), 0),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
    location = models.ForeignKey(
        Location, models.PROTECT, related_name="balances", db_constraint=False
    )
    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    location_kind = models.CharField(max_length=12, choices=LocationKind)
    location_mixed = models.BooleanField()
    on_hand = models.BigIntegerField(default=0)
    committed = models.BigIntegerField(default=0)
    expires_on = models.DateField(null=True)
    is_blocked = models.BooleanField()

    objects = BalanceQuerySet.as_manager()

    class Meta:
        # Never with ``committed``: a promise has to stay an in-page update.
        indexes = [
            models.Index(fields=["merchant", "product"], name="balance_merchant_product"),
            models.Index(
                fields=["expires_on", "merchant"],
                condition=Q(on_hand__gt=0, location_kind__in=IN_THE_BUILDING),
                name="balance_expiry",
            ),
            models.Index(
                fields=["location_kind"],
                condition=Q(on_hand__gt=0, location_kind__in=AREAS),
                name="balance_area",
            ),
            models.Index(
                fields=["location"],
                condition=Q(on_hand__gt=0, location_kind__in=IN_THE_BUILDING),
                name="balance_standing",
            ),
            # None of the columns is ``committed``: what is promised leaves all indexes alone.
            models.Index(
                fields=["product"],
                condition=Q(lot_key=0, on_hand__gt=0, location_kind__in=BINS),
                name="balance_without_lot",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "lot_key", "location"],
                name="one_balance_per_product_lot_location",
            ),
            models.UniqueConstraint(fields=["id", "product"], name="balance_and_its_product"),
            models.UniqueConstraint(
                fields=["product", "location"],
                condition=Q(on_hand__gt=0, lot__isnull=False, location_mixed=False),
                name="one_lot_of_a_product_per_bin",
            ),
            models.CheckConstraint(
                condition=(
                    Q(committed=0, location_kind__in=MAY_GO_NEGATIVE)
                    | ~Q(location_kind__in=MAY_GO_NEGATIVE)
                    & Q(committed__gte=0, committed__lte=F("on_hand"))
                ),
                name="promised_units_are_present",
            ),
            belongs_to_its_merchant("balance_is_of_its_products_merchant"),
            CompositeForeignKey("lot", same={"product": "product"}, name="balance_lot_product"),
            CompositeForeignKey(
                "location",
                same={
                    "warehouse": "warehouse",
                    "location_kind": "kind",
                    "location_mixed": "mixed",
                },
                name="balance_copies_its_locations_flags",
            ),
        ]

    def __str__(self):
        return f"{self.on_hand} at location {self.location_id}"


class PostingKind(models.TextChoices):
    RECEIVE = "receive", "Received"
    STOW = "stow", "Stowed"
    RELOCATE = "relocate", "Moved"
    ASSIGN_LOT = "assign_lot", "Lot assigned"
    MERGE_LOTS = "merge_lots", "Lots merged"
    SHIP = "ship", "Shipped"
    RESTOCK = "restock", "Restocked"
    QUARANTINE = "quarantine", "Quarantined"
    RELEASE = "release", "Released from quarantine"
    DISPOSE = "dispose", "Disposed of"
    RETURN_TO_MERCHANT = "return_to_merchant", "Returned to the merchant"
    ADJUST = "adjust", "Adjusted"
    COUNT = "count", "Counted"
    TRANSFER = "transfer", "Transferred"


class Posting(models.Model):
    """What one act moved, who did it and why: the header of its movements. Append-only."""

    merchant = models.ForeignKey(Merchant, models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=PostingKind)
    reference = models.CharField(max_length=64, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["merchant", "reference"], name="posting_reference"),
            models.Index(fields=["merchant", "id"], name="posting_merchant_id"),
            models.Index(fields=["kind", "id"], name="posting_kind_id"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["id", "merchant"], name="posting_and_its_merchant"),
            AppendOnly(name="postings_are_append_only"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.reference}".strip()


class Movement(models.Model):
    """A transfer of ``quantity`` units from one balance to another. Append-only, for ever.

    An error is corrected by a further movement the other way. Written by ``inventory.ledger``.
    """

    posting = models.ForeignKey(
        Posting, models.PROTECT, related_name="movements", db_constraint=False
    )
    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="movements", db_constraint=False
    )
    source = models.ForeignKey(
        Balance, models.PROTECT, related_name="outgoing", db_constraint=False
    )
    target = models.ForeignKey(
        Balance, models.PROTECT, related_name="incoming", db_constraint=False
    )
    quantity = models.BigIntegerField()

    objects = MovementQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="a_movement_moves_units"),
            models.CheckConstraint(
                condition=~Q(source=F("target")), name="a_movement_has_two_ends"
            ),
            CompositeForeignKey("posting", same={"merchant": "merchant"}, name="movement_posting"),
            CompositeForeignKey("source", same={"product": "product"}, name="movement_source"),
            CompositeForeignKey("target", same={"product": "product"}, name="movement_target"),
            belongs_to_its_merchant("movement_is_of_its_products_merchant"),
            AppendOnly(name="movements_are_append_only"),
        ]

    def __str__(self):
        return f"{self.quantity} units"
