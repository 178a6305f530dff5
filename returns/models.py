"""Returns: what came back, what the merchant asked for, and what was done."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from fulfillment.models import Order
from inventory.constraints import CompositeForeignKey
from inventory.models import Location, Lot, Posting, Product, ReturnAction, Warehouse
from inventory.models.products import belongs_to_its_merchant
from merchants.indexes import PrefixIndex
from merchants.models import Merchant
from merchants.querysets import ScopedQuerySet
from returns.disposition import Kind, RequestedAction, Rule
from returns.querysets import ReturnQuerySet


class Status(models.TextChoices):
    AWAITING = "awaiting", "Awaiting arrival"
    ARRIVED = "arrived", "Arrived"
    PROCESSING = "processing", "Processing"
    COMPLETED = "completed", "Completed"
    CANCELLED = "cancelled", "Cancelled"


class Return(models.Model):
    """Units on their way back: by the customer's wish, or because the carrier failed (RTS).

    Edited and cancelled only while awaiting. Written by ``returns.services``.
    """

    merchant = models.ForeignKey(Merchant, models.PROTECT, related_name="returns", db_index=False)
    kind = models.CharField(max_length=16, choices=Kind)
    reference = models.CharField(
        max_length=64, blank=True, help_text="The merchant's own number of the return."
    )
    order = models.ForeignKey(Order, models.PROTECT, related_name="returns", null=True, blank=True)
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.AWAITING)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    arrived_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = ReturnQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["merchant", "id"], name="return_merchant_id"),
            models.Index(fields=["status", "id"], name="return_status_id"),
            models.Index(fields=["kind", "id"], name="return_kind_id"),
            PrefixIndex(fields=["reference"], name="return_reference"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["merchant", "reference"],
                condition=~Q(reference=""),
                name="return_reference_is_unique_per_merchant",
                violation_error_message="This merchant already has a return with this reference.",
            ),
            models.UniqueConstraint(fields=["id", "merchant"], name="return_and_its_merchant"),
            CompositeForeignKey(
                "order", same={"merchant": "merchant"}, name="return_is_of_its_orders_merchant"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"RET-{self.pk:06d}"


class ReturnLine(models.Model):
    """Units of one product that are to come back, and what the merchant asks to be done.

    ``lot`` is the one that the merchant announced, if any. What was done stands in the
    dispositions. Written by ``returns.services`` while the return is awaiting.
    """

    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    document = models.ForeignKey(
        Return, models.CASCADE, related_name="lines", verbose_name="return"
    )
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="return_lines", db_constraint=False
    )
    lot = models.ForeignKey(
        Lot, models.PROTECT, null=True, blank=True, related_name="return_lines", db_constraint=False
    )
    quantity = models.PositiveIntegerField()
    requested_action = models.CharField(
        max_length=10, choices=RequestedAction, default=RequestedAction.DEFAULT
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["id", "product"], name="return_line_and_its_product"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="a_return_line_announces_units"
            ),
            CompositeForeignKey(
                "document",
                same={"merchant": "merchant"},
                name="return_line_is_of_its_returns_merchant",
            ),
            CompositeForeignKey("lot", same={"product": "product"}, name="return_line_lot_product"),
            belongs_to_its_merchant("return_line_is_of_its_products_merchant"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.product}"


class Disposition(models.Model):
    """What was done with units of a line that were found alike, by which rule, in words.

    ``lot_number`` and ``expires_on`` are what was read; ``lot`` is the lot in which the units now
    stand, empty where it is not certain. Written by ``inspect_return``, never changed.
    """

    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    line = models.ForeignKey(ReturnLine, models.PROTECT, related_name="dispositions")
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    action = models.CharField(max_length=10, choices=ReturnAction)
    rule = models.CharField(max_length=32, choices=Rule)
    explanation = models.CharField(max_length=1000)
    quantity = models.PositiveIntegerField()
    passed = models.BooleanField("passed inspection")
    lot = models.ForeignKey(
        Lot, models.PROTECT, null=True, blank=True, related_name="dispositions",
        db_constraint=False,
    )  # fmt: skip
    lot_number = models.CharField("lot number as read", max_length=64, blank=True)
    expires_on = models.DateField("expiry as read", null=True, blank=True)
    location = models.ForeignKey(Location, models.PROTECT, related_name="+")
    note = models.CharField(max_length=500, blank=True)
    posting = models.ForeignKey(Posting, models.PROTECT, related_name="dispositions")
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [PrefixIndex(fields=["lot_number"], name="disposition_lot_number")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="a_disposition_is_of_units"),
            CompositeForeignKey(
                "line", same={"product": "product"}, name="disposition_line_product"
            ),
            CompositeForeignKey("lot", same={"product": "product"}, name="disposition_lot_product"),
            CompositeForeignKey(
                "posting", same={"merchant": "merchant"}, name="disposition_posting_merchant"
            ),
            belongs_to_its_merchant("disposition_is_of_its_products_merchant"),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.quantity}"
