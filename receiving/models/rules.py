"""What a merchant asks of units that arrive, and what the law asks to be known of them."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from inventory.constraints import CompositeForeignKey
from inventory.models import Channel, Lot, Product
from inventory.models.products import belongs_to_its_merchant
from merchants.models import MOST_DAYS, Merchant
from merchants.querysets import ScopedQuerySet
from receiving.models.wros import WRO


class CheckInRule(models.Model):
    """How much shelf life units must have left on arrival, for one channel or for all.

    Of a product, or of all products of the merchant; a product's own rule stands for the
    merchant's of the same channel. Days, a share of the whole shelf life, or both.
    """

    merchant = models.ForeignKey(Merchant, models.PROTECT, related_name="+")
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="+", db_constraint=False
    )
    channel = models.CharField(
        max_length=4, choices=Channel, blank=True, help_text="Empty: units for any channel."
    )
    min_days = models.PositiveIntegerField(
        "days left", null=True, blank=True, validators=[MaxValueValidator(MOST_DAYS)]
    )
    min_percent = models.PositiveSmallIntegerField(
        "share of shelf life left (%)",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "check-in rule"
        ordering = ["merchant", "channel", "product", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "channel"],
                condition=Q(product=None),
                name="one_check_in_rule_per_merchant_and_channel",
                violation_error_message="There is a rule for this channel already.",
            ),
            models.UniqueConstraint(
                fields=["product", "channel"],
                condition=Q(product__isnull=False),
                name="one_check_in_rule_per_product_and_channel",
                violation_error_message="The product has a rule for this channel already.",
            ),
            models.CheckConstraint(
                condition=Q(min_days__isnull=False) | Q(min_percent__isnull=False),
                name="a_check_in_rule_asks_for_something",
                violation_error_message="Ask for days, for a share of the shelf life, or for both.",
            ),
            models.CheckConstraint(
                condition=Q(min_percent=None) | Q(min_percent__gte=1, min_percent__lte=100),
                name="a_share_of_shelf_life_is_a_percentage",
            ),
            belongs_to_its_merchant("check_in_rule_is_of_its_products_merchant"),
        ]

    def __str__(self):
        whose = self.product.sku if self.product else "all products"
        return f"{whose}, {self.get_channel_display() or 'any channel'}"


class ReceiptFacts(models.Model):
    """What 21 CFR 1.1345(a) asks to be kept of an FTL food's receipt and the posting cannot tell.

    Of one lot that a WRO brought. The other key data elements are those of the receipt itself: the
    lot's number as it came, units, product, warehouse and day.
    """

    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    wro = models.ForeignKey(WRO, models.PROTECT, related_name="receipt_facts", db_constraint=False)
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="receipt_facts", db_constraint=False)
    tlc_source = models.CharField("source of the traceability lot code", max_length=500, blank=True)
    tlc_source_reference = models.CharField("reference to that source", max_length=255, blank=True)
    previous_source = models.CharField("immediate previous source", max_length=500, blank=True)
    document_type = models.CharField("type of reference document", max_length=64, blank=True)
    document_number = models.CharField("its number", max_length=64, blank=True)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "receipt facts"
        verbose_name_plural = "receipt facts"
        ordering = ["wro", "id"]
        constraints = [
            models.UniqueConstraint(fields=["wro", "lot"], name="one_set_of_facts_per_wro_and_lot"),
            CompositeForeignKey("wro", same={"merchant": "merchant"}, name="receipt_facts_wro"),
            belongs_to_its_merchant("receipt_facts_product"),
            CompositeForeignKey("lot", same={"product": "product"}, name="receipt_facts_lot"),
        ]

    def __str__(self):
        return f"{self.lot} of {self.wro}"
