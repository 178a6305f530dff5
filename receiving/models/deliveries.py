"""Boxes that nobody announced."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from inventory.constraints import CompositeForeignKey
from inventory.models import Warehouse
from merchants.indexes import PrefixIndex
from merchants.models import Merchant
from receiving.models.wros import WRO
from receiving.querysets import DeliveryQuerySet

DELIVERY_STATUSES = ["recorded", "received", "linked", "returned", "disposed"]


class UnidentifiedDelivery(models.Model):
    """Boxes that came without a WRO. Whose they are may be found out later.

    Until merchant and product are known it is a record only; then its units are received to
    quarantine, each with a `no_wro` discrepancy, and may be linked to a WRO, which they then
    count to. Written by ``receiving.services.deliveries``.
    """

    class Status(models.TextChoices):
        RECORDED = "recorded", "Recorded"
        RECEIVED = "received", "Received to quarantine"
        LINKED = "linked", "Linked to a WRO"
        RETURNED = "returned", "Sent back"
        DISPOSED = "disposed", "Disposed of"

    merchant = models.ForeignKey(Merchant, models.PROTECT, null=True, blank=True, related_name="+")
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+")
    status = models.CharField(max_length=8, choices=Status, default=Status.RECORDED)
    carrier = models.CharField(max_length=64, blank=True)
    tracking_number = models.CharField(max_length=64, blank=True)
    boxes = models.PositiveIntegerField(default=1)
    note = models.CharField(max_length=500, blank=True)
    due_at = models.DateTimeField("deadline")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    wro = models.ForeignKey(
        WRO, models.PROTECT, null=True, related_name="deliveries", db_constraint=False
    )
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "unidentified deliveries"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["status", "id"], name="delivery_status"),
            PrefixIndex(fields=["tracking_number"], name="delivery_tracking_number"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["id", "merchant"], name="delivery_and_its_merchant"),
            models.CheckConstraint(
                condition=Q(status__in=DELIVERY_STATUSES), name="delivery_status_is_known"
            ),
            models.CheckConstraint(condition=Q(boxes__gt=0), name="a_delivery_has_boxes"),
            CompositeForeignKey(
                "wro", same={"merchant": "merchant"}, name="delivery_is_of_its_wros_merchant"
            ),
        ]

    def __str__(self):
        return self.number

    @property
    def number(self) -> str:
        return f"URO-{self.pk:06d}"
