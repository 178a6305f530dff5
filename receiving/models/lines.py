"""The units that a WRO announces: a line per product, split into lots."""

from django.db import models
from django.db.models import Q

from inventory.constraints import CompositeForeignKey
from inventory.models import Lot, Product, Supply
from inventory.models.lots import LotKeyField
from inventory.models.products import belongs_to_its_merchant
from merchants.indexes import PrefixIndex
from merchants.models import Merchant
from merchants.querysets import ScopedQuerySet
from receiving.models.wros import WRO


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
            models.UniqueConstraint(fields=["id", "wro"], name="wro_line_and_its_wro"),
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
            models.UniqueConstraint(fields=["id", "line"], name="wro_lot_and_its_line"),
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
