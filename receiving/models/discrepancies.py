"""What was found to be different from what was announced, and what was decided about it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property

from inventory.constraints import CompositeForeignKey
from inventory.models import Lot, Product, QuarantineCase
from inventory.models.products import belongs_to_its_merchant
from merchants.models import Merchant
from merchants.uploads import stored_name
from receiving.models.deliveries import UnidentifiedDelivery
from receiving.models.wros import WRO
from receiving.querysets import DiscrepancyManager, PhotoQuerySet


class Discrepancy(models.Model):
    """What was found to differ from what a WRO announced; a person resolves it.

    It never overwrites what was expected and never blocks stowing or completion. ``lot_number``
    and ``expires_on`` are what was read on the box, ``lot`` the lot it names, where there is one;
    ``explanation`` is what the house found, ``note`` what people add. Units set apart are in
    ``case``, or under another lot in a case that came from it: while any of them are in
    quarantine it is open, whoever works them off. Written by ``receiving.services``.
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
    wro = models.ForeignKey(
        WRO, models.PROTECT, null=True, related_name="discrepancies", db_constraint=False
    )
    delivery = models.ForeignKey(
        UnidentifiedDelivery,
        models.PROTECT,
        null=True,
        related_name="discrepancies",
        db_constraint=False,
    )
    type = models.CharField(max_length=22, choices=Type)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", db_constraint=False)
    lot = models.ForeignKey(
        Lot, models.PROTECT, null=True, related_name="discrepancies", db_constraint=False
    )
    lot_number = models.CharField(max_length=64, blank=True)
    expires_on = models.DateField(null=True)
    quantity = models.PositiveIntegerField()
    is_damaged = models.BooleanField(default=False)
    case = models.ForeignKey(
        QuarantineCase,
        models.PROTECT,
        null=True,
        related_name="discrepancies",
        db_constraint=False,
    )
    explanation = models.CharField(max_length=500, blank=True)
    note = models.CharField(max_length=500, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    due_at = models.DateTimeField("deadline", null=True, blank=True)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    resolved_quantity = models.PositiveIntegerField(default=0)
    resolved_at = models.DateTimeField(null=True)

    objects = DiscrepancyManager()

    class Meta:
        verbose_name_plural = "discrepancies"
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["merchant"], condition=Q(resolved_at=None), name="discrepancy_open"
            ),
            models.Index(
                fields=["due_at", "id"], condition=Q(resolved_at=None), name="discrepancy_due"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="a_discrepancy_is_about_units"
            ),
            models.CheckConstraint(
                condition=Q(resolved_quantity__lte=F("quantity")),
                name="no_more_units_are_resolved_than_a_discrepancy_has",
            ),
            models.CheckConstraint(
                condition=Q(wro__isnull=False) | Q(delivery__isnull=False),
                name="a_discrepancy_is_of_a_wro_or_a_delivery",
            ),
            CompositeForeignKey(
                "wro", same={"merchant": "merchant"}, name="discrepancy_is_of_its_wros_merchant"
            ),
            CompositeForeignKey(
                "delivery",
                same={"merchant": "merchant"},
                name="discrepancy_is_of_its_deliverys_merchant",
            ),
            belongs_to_its_merchant("discrepancy_is_of_its_products_merchant"),
            CompositeForeignKey("lot", same={"product": "product"}, name="discrepancy_lot"),
            CompositeForeignKey("case", same={"product": "product"}, name="discrepancy_case"),
        ]

    def __str__(self):
        return f"{self.get_type_display()}: {self.quantity} of {self.product}"

    @property
    def document(self) -> WRO | UnidentifiedDelivery:
        """What it is about: the constraint says that there is one."""
        return self.wro or self.delivery  # type: ignore[return-value]

    @property
    def number(self) -> str:
        return self.document.number

    @property
    def warehouse_id(self) -> int:
        return self.document.warehouse_id

    @cached_property
    def apart(self) -> int:
        """Units of it that are still in quarantine. Rows that were read have it already."""
        return Discrepancy.objects.values_list("apart", flat=True).get(pk=self.pk)

    @property
    def open_quantity(self) -> int:
        """Units about which nothing is decided yet."""
        return self.apart if self.case_id else self.quantity - self.resolved_quantity

    @property
    def status(self) -> str:
        return self.Status.OPEN if self.open_quantity else self.Status.RESOLVED

    @property
    def is_open(self) -> bool:
        return self.open_quantity > 0

    def get_status_display(self) -> str:
        return str(self.Status(self.status).label)


class Resolution(models.Model):
    """What a person decided about units of a discrepancy. Never changed.

    Units in quarantine may also leave it through the quarantine queue: then there is none.
    """

    class Kind(models.TextChoices):
        ACCEPT_AS_RECEIVED = "accept_as_received", "Accept as received"
        CORRECT_LOT = "correct_lot", "Correct the lot"
        SEPARATE_LOT = "receive_as_separate_lot", "Receive as a separate lot"
        RETURN_TO_MERCHANT = "return_to_merchant", "Return to the merchant"
        DISPOSE = "dispose", "Dispose"
        COUNT_TO_WRO = "count_to_wro", "Counted to a WRO"

    discrepancy = models.ForeignKey(Discrepancy, models.PROTECT, related_name="resolutions")
    kind = models.CharField(max_length=24, choices=Kind)
    quantity = models.PositiveIntegerField()
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, related_name="+")
    place = models.CharField(max_length=64, blank=True)
    note = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = models.Manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="a_resolution_is_about_units"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.quantity}"


class Photo(models.Model):
    """A picture of a discrepancy or of an unidentified delivery; shown to who may see that.

    ``merchant`` is blank while nobody knows whose delivery it is.
    """

    merchant = models.ForeignKey(Merchant, models.PROTECT, null=True, related_name="+")
    discrepancy = models.ForeignKey(
        Discrepancy, models.PROTECT, null=True, related_name="photos", db_index=True
    )
    delivery = models.ForeignKey(
        UnidentifiedDelivery, models.PROTECT, null=True, related_name="photos", db_index=True
    )
    file = models.FileField(upload_to=stored_name)
    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=32)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = PhotoQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(discrepancy__isnull=False, delivery__isnull=True)
                | Q(discrepancy__isnull=True, delivery__isnull=False),
                name="a_photo_is_of_a_discrepancy_or_a_delivery",
            ),
        ]

    def __str__(self):
        return self.name
