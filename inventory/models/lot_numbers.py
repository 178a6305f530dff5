"""How lots get their numbers, which numbers are spent, and the papers that come with a lot."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from inventory.constraints import CompositeForeignKey
from inventory.lot_formats import DateMeans
from inventory.models.lots import Lot, LotKeyField
from inventory.models.products import Product, belongs_to_its_merchant
from inventory.querysets import ScopedQuerySet
from merchants.history import history
from merchants.models import Merchant
from merchants.uploads import LONGEST_NAME, stored_name


class LotFormat(models.Model):
    """How a merchant's lot numbers are written and read: for one product, else for all of its.

    Written by ``inventory.services.lot_numbers``.
    """

    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="lot_formats", db_index=False
    )
    product = models.ForeignKey(
        Product,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="lot_formats",
        help_text="Empty: for every product of the merchant that has no format of its own.",
    )
    pattern = models.CharField(max_length=64)
    date_means = models.CharField(
        "the date is that of",
        max_length=12,
        choices=[(DateMeans.MANUFACTURED.value, "Manufacture"), (DateMeans.EXPIRY.value, "Expiry")],
        default=DateMeans.MANUFACTURED.value,
    )
    brand = models.CharField(max_length=16, blank=True)
    product_code = models.CharField(
        "product's code", max_length=32, blank=True, help_text="Empty: its SKU."
    )
    supplier = models.CharField("supplier's code", max_length=16, blank=True)
    line = models.CharField("production line", max_length=16, blank=True)
    is_active = models.BooleanField("active", default=True)
    created_at = models.DateTimeField()

    history = history()
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "lot number format"
        ordering = ["merchant", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["product"],
                condition=Q(is_active=True, product__isnull=False),
                name="one_active_lot_format_per_product",
                violation_error_message="This product has an active format already.",
            ),
            models.UniqueConstraint(
                fields=["merchant"],
                condition=Q(is_active=True, product__isnull=True),
                name="one_active_lot_format_per_merchant",
                violation_error_message="This merchant has an active format already.",
            ),
            belongs_to_its_merchant("lot_format_is_of_its_products_merchant"),
        ]

    def __str__(self):
        return self.pattern


class LotSequence(models.Model):
    """The last number drawn by a format for one scope: the number without its place in it.

    Its row is the lock under which the next one is drawn, by ``inventory.services.lot_numbers``.
    """

    format = models.ForeignKey(LotFormat, models.PROTECT, related_name="sequences", db_index=False)
    scope = models.CharField(max_length=64)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["format", "scope"], name="one_lot_sequence_per_format_and_scope"
            ),
        ]

    def __str__(self):
        return f"{self.scope}: {self.last}"


class SpentLotNumber(models.Model):
    """A number that is never drawn again: it was drawn once, or its lot was deleted or renamed.

    Written by ``inventory.services.lot_numbers`` and ``lots``; rows stay for ever.
    """

    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    number = models.CharField(max_length=64)
    number_key = LotKeyField(max_length=192)
    spent_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "number_key"], name="a_lot_number_is_spent_once"
            ),
            belongs_to_its_merchant("spent_lot_number_is_of_its_products_merchant"),
        ]

    def __str__(self):
        return self.number


class LotAttachment(models.Model):
    """A paper that came with a lot, such as its certificate of analysis.

    Written by ``inventory.services.lot_attachments``; read only by who may see the lot.
    """

    class Kind(models.TextChoices):
        CERTIFICATE = "certificate", "Certificate of analysis"
        SAFETY = "safety", "Safety data sheet"
        PHOTO = "photo", "Photo"
        OTHER = "other", "Other"

    merchant = models.ForeignKey(Merchant, models.PROTECT, related_name="+", db_constraint=False)
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="attachments", db_constraint=False)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.CERTIFICATE)
    file = models.FileField(upload_to=stored_name)
    name = models.CharField(max_length=LONGEST_NAME)
    media_type = models.CharField(max_length=40)
    size_bytes = models.PositiveIntegerField()
    note = models.CharField(max_length=500, blank=True)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            belongs_to_its_merchant("lot_attachment_is_of_its_products_merchant"),
            CompositeForeignKey("lot", same={"product": "product"}, name="lot_attachment_lot"),
        ]

    def __str__(self):
        return self.name
