"""Units on their way from one warehouse to another."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from inventory.constraints import CompositeForeignKey
from inventory.models import Lot, Product, Warehouse
from inventory.models.products import belongs_to_its_merchant
from merchants.models import Merchant
from merchants.querysets import ScopedQuerySet
from transfers.querysets import TransferQuerySet

STATUSES = ["awaiting", "in_transit", "completed", "cancelled"]


class Transfer(models.Model):
    """Units of one merchant that the house takes from one warehouse to another, lot by lot.

    Sent units stand on the balances of the target's IN_TRANSIT until they are received or, with a
    reason, written off. Written by ``transfers.services``.
    """

    class Status(models.TextChoices):
        AWAITING = "awaiting", "Awaiting"
        IN_TRANSIT = "in_transit", "In transit"
        COMPLETED = "completed", "Completed"
        CANCELLED = "cancelled", "Cancelled"

    merchant = models.ForeignKey(Merchant, models.PROTECT, related_name="+", db_index=False)
    reference = models.CharField(max_length=64, blank=True)
    source = models.ForeignKey(Warehouse, models.PROTECT, related_name="+")
    target = models.ForeignKey(Warehouse, models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.AWAITING)
    tracking_number = models.CharField(max_length=64, blank=True)
    completed_short = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False
    )
    sent_at = models.DateTimeField(null=True, editable=False)
    completed_at = models.DateTimeField(null=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, editable=False)

    objects = TransferQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["merchant", "id"], name="transfer_of_a_merchant"),
            models.Index(fields=["status"], name="transfer_status"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "reference"],
                condition=~Q(reference=""),
                name="transfer_reference_is_unique_per_merchant",
                violation_error_message="Another transfer has this reference.",
            ),
            models.UniqueConstraint(fields=["id", "merchant"], name="transfer_and_its_merchant"),
            models.CheckConstraint(
                condition=Q(status__in=STATUSES), name="transfer_status_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(source=F("target")), name="a_transfer_joins_two_warehouses"
            ),
        ]

    def __str__(self):
        return self.number

    @property
    def number(self) -> str:
        return f"TRF-{self.pk:06d}"


class Line(models.Model):
    """Units of one product and lot: how many are asked for, and how far they came.

    ``sent - received - lost`` of them are in transit. ``check_ledger`` holds the counters against
    the movements.
    """

    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    transfer = models.ForeignKey(
        Transfer, models.CASCADE, related_name="lines", db_constraint=False, db_index=False
    )
    position = models.PositiveIntegerField()
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="transfer_lines", db_constraint=False
    )
    lot = models.ForeignKey(
        Lot, models.PROTECT, null=True, related_name="transfer_lines", db_constraint=False
    )
    quantity = models.PositiveIntegerField()
    sent = models.PositiveIntegerField(default=0)
    received = models.PositiveIntegerField(default=0)
    lost = models.PositiveIntegerField(default=0)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "transfer line"
        ordering = ["transfer", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["transfer", "product", "lot"],
                condition=Q(lot__isnull=False),
                name="one_line_per_lot_of_a_transfer",
            ),
            models.UniqueConstraint(
                fields=["transfer", "product"],
                condition=Q(lot=None),
                name="one_line_without_a_lot_per_product_of_a_transfer",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="a_transfer_line_asks_for_units"
            ),
            models.CheckConstraint(
                condition=Q(sent__lte=F("quantity")), name="no_more_is_sent_than_asked_for"
            ),
            models.CheckConstraint(
                condition=Q(sent__gte=F("received") + F("lost")),
                name="units_are_sent_before_they_are_received_or_lost",
            ),
            CompositeForeignKey(
                "transfer",
                same={"merchant": "merchant"},
                name="transfer_line_is_of_its_transfers_merchant",
            ),
            belongs_to_its_merchant("transfer_line_is_of_its_products_merchant"),
            CompositeForeignKey("lot", same={"product": "product"}, name="transfer_line_lot"),
        ]

    def __str__(self):
        return f"{self.quantity} of {self.product}"

    @property
    def in_transit(self) -> int:
        return self.sent - self.received - self.lost
