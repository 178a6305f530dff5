"""What merchants announce to a warehouse: WROs, and the way that each went."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from inventory.constraints import AppendOnly
from inventory.models import Warehouse
from merchants.indexes import PrefixIndex
from merchants.models import Merchant
from receiving.querysets import WROQuerySet

WRO_STATUSES = ["draft", "awaiting", "arrived", "processing", "completed", "cancelled"]


class WRO(models.Model):
    """A Warehouse Receiving Order: what a merchant sends, to which warehouse, in which boxes.

    Its numbers of units stand on the supplies of its lines. Written by ``receiving.services``.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        AWAITING = "awaiting", "Awaiting"
        ARRIVED = "arrived", "Arrived"
        PROCESSING = "processing", "Processing"
        COMPLETED = "completed", "Completed"
        CANCELLED = "cancelled", "Cancelled"

    class PackageType(models.TextChoices):
        BOX = "box", "Boxes"
        PALLET = "pallet", "Pallets"
        CONTAINER = "container", "Container"

    merchant = models.ForeignKey(Merchant, models.PROTECT, related_name="+", db_index=False)
    reference = models.CharField(
        max_length=64, blank=True, help_text="The merchant's own number for it."
    )
    purchase_order_number = models.CharField(
        "purchase order", max_length=64, blank=True, help_text="Of the order that brings the goods."
    )
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    package_type = models.CharField(
        "sent as", max_length=9, choices=PackageType, default=PackageType.BOX
    )
    expected_arrival_on = models.DateField("expected arrival", null=True, blank=True)
    completed_short = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False
    )
    saved_at = models.DateTimeField("last saved", editable=False)

    objects = WROQuerySet.as_manager()

    class Meta:
        verbose_name = "WRO"
        verbose_name_plural = "WROs"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["merchant", "id"], name="wro_of_a_merchant"),
            models.Index(fields=["status", "id"], name="wro_status"),
            PrefixIndex(fields=["reference"], name="wro_reference"),
            PrefixIndex(fields=["purchase_order_number"], name="wro_purchase_order"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "reference"],
                condition=~Q(reference=""),
                name="wro_reference_is_unique_per_merchant",
                violation_error_message="Another WRO has this reference.",
            ),
            models.UniqueConstraint(
                fields=["merchant", "purchase_order_number"],
                condition=~Q(purchase_order_number=""),
                name="purchase_order_number_is_unique_per_merchant",
                violation_error_message="Another WRO has this purchase-order number.",
            ),
            models.UniqueConstraint(fields=["id", "merchant"], name="wro_and_its_merchant"),
            models.CheckConstraint(
                condition=Q(status__in=WRO_STATUSES),
                name="wro_status_is_known",
            ),
        ]

    def __str__(self):
        return self.number

    @property
    def number(self) -> str:
        return f"WRO-{self.pk:06d}"

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT


class StatusChange(models.Model):
    """When a WRO came into a status, and who set it.

    Written with every change of ``WRO.status``, its beginning as a draft included; ``by`` is
    blank only for changes from before this table was kept.
    """

    wro = models.ForeignKey(WRO, models.PROTECT, related_name="status_changes")
    status = models.CharField(max_length=10, choices=WRO.Status)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    objects = models.Manager()

    class Meta:
        verbose_name = "WRO status change"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=WRO_STATUSES), name="wro_status_change_is_known"
            ),
            AppendOnly(name="wro_status_changes_are_append_only"),
        ]

    def __str__(self):
        return f"{self.get_status_display()} at {self.at}"
