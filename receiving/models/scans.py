"""What was read at the dock, one row for every scan."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from inventory.constraints import CompositeForeignKey
from inventory.models import Product, Supply
from inventory.models.products import belongs_to_its_merchant
from merchants.models import Merchant
from merchants.querysets import ScopedQuerySet
from receiving.models.wros import WRO

OUTSIDE = 0  # the number of no box


class ScanQuerySet(ScopedQuerySet):
    def counted(self) -> Self:
        """Those that count units, whether the units are received yet or not."""
        return self.filter(quantity__gt=0, undone_at=None)

    def open(self) -> Self:
        """Those whose units wait to be received."""
        return self.counted().filter(posted_at=None)


class Scan(models.Model):
    """One reading of a scanner at the dock, and what it became; also a reading that was refused.

    It is kept as soon as it is read, so that nothing is lost and several people can count the same
    WRO; the units are received when the count is done. A person's next scan is read in the light
    of the last one: in its box, of its product. Written by ``receiving.services.scanning``.

    ``key`` is drawn by the device, and makes a scan that is sent twice count once. ``supply`` is
    the announced lot that the units are of, none where they are not of what was announced.
    ``wanted``, and ``is_damaged`` of a scan that counts nothing yet, are for the units to come.
    ``offers``: what the person may say about a refused one.
    """

    class Outcome(models.TextChoices):
        COUNTED = "counted", "Counted"
        DIFFERS = "differs", "Counted, and differs"
        NOTED = "noted", "Noted"
        REFUSED = "refused", "Refused"

    class Asks(models.TextChoices):
        NOTHING = "", "Nothing"
        LOT = "lot", "The lot"
        EXPIRY = "expiry", "The expiry date"

    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    wro = models.ForeignKey(
        WRO, models.PROTECT, related_name="scans", db_constraint=False, db_index=False
    )
    key = models.UUIDField()
    text = models.CharField(max_length=500, blank=True)
    box = models.PositiveSmallIntegerField(null=True, help_text="0: in none of its boxes.")
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    lot_number = models.CharField(max_length=64, blank=True)
    expires_on = models.DateField(null=True)
    supply = models.ForeignKey(
        Supply, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    quantity = models.PositiveIntegerField(default=0)
    is_damaged = models.BooleanField(default=False)
    wanted = models.PositiveIntegerField(null=True)
    asks = models.CharField(max_length=6, choices=Asks, blank=True)
    outcome = models.CharField(max_length=7, choices=Outcome)
    code = models.CharField(max_length=32, blank=True)
    offers = models.CharField(max_length=4, blank=True)
    told = models.CharField(max_length=500)
    scanned_at = models.DateTimeField()
    scanned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    undone_at = models.DateTimeField(null=True)
    undone_key = models.UUIDField(null=True)
    posted_at = models.DateTimeField(null=True)

    objects = ScanQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["wro", "scanned_by", "id"], name="scan_of_a_person"),
            models.Index(
                fields=["wro"],
                condition=Q(quantity__gt=0, undone_at=None, posted_at=None),
                name="scan_open",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["wro", "key"], name="a_scan_counts_once"),
            models.UniqueConstraint(
                fields=["wro", "undone_key"],
                condition=Q(undone_key__isnull=False),
                name="an_undo_undoes_once",
            ),
            models.CheckConstraint(
                condition=Q(quantity=0)
                | Q(product__isnull=False, outcome__in=("counted", "differs")),
                name="a_count_is_of_a_product",
            ),
            models.CheckConstraint(
                condition=Q(undone_at=None) | Q(posted_at=None),
                name="what_is_received_is_not_undone",
            ),
            CompositeForeignKey(
                "wro", same={"merchant": "merchant"}, name="scan_is_of_its_wros_merchant"
            ),
            belongs_to_its_merchant("scan_is_of_its_products_merchant"),
        ]

    def __str__(self):
        return self.told
