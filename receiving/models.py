"""What merchants announce to a warehouse, and what was found to be different."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from inventory.constraints import CompositeForeignKey
from inventory.models import Lot, Product, Supply, Warehouse
from inventory.models.lots import LotKeyField
from inventory.models.products import belongs_to_its_merchant
from merchants.indexes import PrefixIndex
from merchants.models import Merchant
from merchants.querysets import ScopedQuerySet
from receiving.querysets import DiscrepancyQuerySet, WROQuerySet

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


class Line(models.Model):
    """A product that a WRO announces, with its total units; the supply once it is submitted.

    The line of a product with lots is split into lot lines, which then have the supplies.
    """

    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    wro = models.ForeignKey(
        WRO, models.CASCADE, related_name="lines", db_constraint=False, db_index=False
    )
    position = models.PositiveIntegerField()
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", db_constraint=False)
    quantity = models.PositiveIntegerField()
    supply = models.OneToOneField(
        Supply, models.PROTECT, null=True, related_name="wro_line", editable=False
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "WRO line"
        ordering = ["wro", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["wro", "product"], name="one_line_per_product_of_a_wro"
            ),
            models.UniqueConstraint(
                fields=["id", "merchant", "product"], name="wro_line_and_its_product"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="a_wro_line_announces_units"),
            CompositeForeignKey(
                "wro", same={"merchant": "merchant"}, name="wro_line_is_of_its_wros_merchant"
            ),
            belongs_to_its_merchant("wro_line_is_of_its_products_merchant"),
        ]

    def __str__(self):
        return f"{self.quantity} of {self.product}"

    @property
    def received(self) -> int:
        """Units received so far, of all its lots."""
        return sum(supply.received for supply in self.supplies)

    @property
    def stowed(self) -> int:
        """Units put on a shelf so far, of all its lots."""
        return sum(supply.stowed for supply in self.supplies)

    @property
    def supplies(self) -> list[Supply]:
        """Its own supply or those of its lots; none while the WRO is a draft."""
        own = [self.supply, *(lot.supply for lot in self.lots.all())]
        return [supply for supply in own if supply is not None]


class LotLine(models.Model):
    """Units of a line that come in one lot, as announced; the lot and supply once submitted."""

    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    line = models.ForeignKey(
        Line, models.CASCADE, related_name="lots", db_constraint=False, db_index=False
    )
    position = models.PositiveIntegerField()
    number = models.CharField("lot number", max_length=64, blank=True)
    number_key = LotKeyField(max_length=128)
    expires_on = models.DateField("expiry", null=True, blank=True)
    quantity = models.PositiveIntegerField()
    lot = models.ForeignKey(
        Lot,
        models.PROTECT,
        null=True,
        related_name="wro_lots",
        db_constraint=False,
        editable=False,
    )
    supply = models.OneToOneField(
        Supply, models.PROTECT, null=True, related_name="wro_lot_line", editable=False
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "WRO lot"
        ordering = ["line", "position"]
        indexes = [
            models.Index(fields=["line", "position"], name="wro_lot_line"),
            PrefixIndex(fields=["number_key"], name="wro_lot_number_key"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["line", "number_key"],
                condition=~Q(number_key=""),
                name="a_lot_number_once_per_wro_line",
            ),
            models.UniqueConstraint(
                fields=["line", "expires_on"],
                condition=Q(number_key=""),
                name="an_unnumbered_lot_once_per_wro_line",
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="a_wro_lot_announces_units"),
            models.CheckConstraint(
                condition=~Q(number_key="") | Q(expires_on__isnull=False),
                name="a_wro_lot_has_a_number_or_an_expiry",
            ),
            CompositeForeignKey(
                "line",
                same={"merchant": "merchant", "product": "product"},
                name="wro_lot_is_of_its_lines_product",
            ),
            CompositeForeignKey("lot", same={"product": "product"}, name="wro_lot_and_its_lot"),
        ]

    def __str__(self):
        return self.number or f"expiring {self.expires_on}"


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
