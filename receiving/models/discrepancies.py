"""What was found to be different from what a WRO announced."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from inventory.constraints import CompositeForeignKey
from inventory.models import Lot, Product
from inventory.models.products import belongs_to_its_merchant
from merchants.models import Merchant
from receiving.models.wros import WRO
from receiving.querysets import DiscrepancyQuerySet


class Discrepancy(models.Model):
    """What was found to differ from what a WRO announced; a person resolves it.

    It never overwrites what was expected and never blocks stowing or completion. ``lot_number``
    and ``expires_on`` are what was read on the box, ``lot`` the lot it names, where there is one.
    """

    class Type(models.TextChoices):
        NO_WRO = "no_wro", "No WRO"
        OVERAGE = "overage", "Overage"
        SHORT = "short", "Short"
        LOT_MISMATCH = "lot_mismatch", "Lot mismatch"
        EXPIRY_MISMATCH = "expiry_mismatch", "Expiry mismatch"
        EXPIRED_ON_ARRIVAL = "expired_on_arrival", "Expired on arrival"
        SHORT_DATED_ON_ARRIVAL = "short_dated_on_arrival", "Short-dated on arrival"
        DAMAGED = "damaged", "Damaged"
        UNLISTED_PRODUCT = "unlisted_product", "Unlisted product"
        UNREADABLE_BARCODE = "unreadable_barcode", "Unreadable barcode"

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        RESOLVED = "resolved", "Resolved"

    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    wro = models.ForeignKey(WRO, models.PROTECT, related_name="discrepancies", db_constraint=False)
    type = models.CharField(max_length=22, choices=Type)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", db_constraint=False)
    lot = models.ForeignKey(
        Lot, models.PROTECT, null=True, related_name="discrepancies", db_constraint=False
    )
    lot_number = models.CharField(max_length=64, blank=True)
    expires_on = models.DateField(null=True)
    quantity = models.PositiveIntegerField()
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    note = models.CharField(max_length=500, blank=True)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = DiscrepancyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "discrepancies"
        ordering = ["id"]
        indexes = [
            models.Index(fields=["merchant"], condition=Q(status="open"), name="discrepancy_open")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="a_discrepancy_is_about_units"
            ),
            CompositeForeignKey(
                "wro", same={"merchant": "merchant"}, name="discrepancy_is_of_its_wros_merchant"
            ),
            belongs_to_its_merchant("discrepancy_is_of_its_products_merchant"),
            CompositeForeignKey("lot", same={"product": "product"}, name="discrepancy_lot"),
        ]

    def __str__(self):
        return f"{self.get_type_display()}: {self.quantity} of {self.product}"
