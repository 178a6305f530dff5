"""What merchants announce to a warehouse: WROs and their boxes."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from inventory.models import Warehouse
from merchants.indexes import PrefixIndex
from merchants.models import Merchant
from receiving.querysets import WROQuerySet

MOST_BOXES = 50
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
        max_length=64, blank=True, help_text="The merchant's own number for it, such as its PO."
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
    submitted_at = models.DateTimeField(null=True, editable=False)
    arrived_at = models.DateTimeField(null=True, editable=False)
    completed_at = models.DateTimeField(null=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, editable=False)

    objects = WROQuerySet.as_manager()

    class Meta:
        verbose_name = "WRO"
        verbose_name_plural = "WROs"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["merchant", "id"], name="wro_of_a_merchant"),
            models.Index(fields=["status", "id"], name="wro_status"),
            PrefixIndex(fields=["reference"], name="wro_reference"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "reference"],
                condition=~Q(reference=""),
                name="wro_reference_is_unique_per_merchant",
                violation_error_message="Another WRO has this reference.",
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


class Box(models.Model):
    """One box, pallet or container of a WRO, by its place in the list."""

    wro = models.ForeignKey(WRO, models.CASCADE, related_name="boxes", db_index=False)
    position = models.PositiveSmallIntegerField()
    tracking_number = models.CharField(max_length=64, blank=True)

    objects = models.Manager()

    class Meta:
        verbose_name_plural = "boxes"
        ordering = ["wro", "position"]
        indexes = [PrefixIndex(fields=["tracking_number"], name="box_tracking_number")]
        constraints = [
            models.UniqueConstraint(fields=["wro", "position"], name="one_box_per_place_of_a_wro"),
            models.CheckConstraint(
                condition=Q(position__lte=MOST_BOXES),
                name="a_wro_has_at_most_50_boxes",
                violation_error_message="A WRO has at most 50 boxes.",
            ),
        ]

    def __str__(self):
        return self.tracking_number or f"box {self.position}"
