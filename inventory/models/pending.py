"""The ledger's pending half: units that are claimed, promised or announced but have not moved."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from inventory.constraints import CompositeForeignKey
from inventory.models.lots import Lot
from inventory.models.places import Warehouse
from inventory.models.products import Product, belongs_to_its_merchant
from inventory.models.stock import Balance
from inventory.querysets import DemandQuerySet, ScopedQuerySet, SupplyQuerySet
from merchants.models import Merchant


class Channel(models.TextChoices):
    DTC = "dtc", "Direct to consumer"
    B2B = "b2b", "Business to business"
    FBA = "fba", "Fulfilled by Amazon"


class Demand(models.Model):
    """An order line's claim on stock, in the words of the warehouse.

    ``quantity = shipped + allocated + uncovered``. Released demand that is uncovered is
    backordered; unreleased demand waits for a wave. ``shipped`` and ``allocated`` are written by
    ``inventory.ledger``, the rest by ``inventory.services.demands``.

    A set-aside is a demand too: its promises keep units for the orders of a channel or customer,
    and what is handed on to them counts as its ``shipped``.
    """

    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="demands", db_constraint=False
    )
    order_number = models.CharField(max_length=32)
    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="+", null=True, db_index=False
    )
    quantity = models.PositiveIntegerField()
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, related_name="+", db_constraint=False)
    single_lot = models.BooleanField(default=False)
    min_shelf_life_days = models.PositiveIntegerField(null=True)
    channel = models.CharField(max_length=3, choices=Channel, default=Channel.DTC, blank=True)
    country = models.CharField(max_length=2, blank=True)
    customer = models.CharField(max_length=64, blank=True)
    is_set_aside = models.BooleanField(default=False)
    priority = models.IntegerField(default=0)
    ordered_at = models.DateTimeField()
    is_released = models.BooleanField(default=False)
    is_cancelled = models.BooleanField(default=False)
    allocated = models.PositiveIntegerField(default=0)
    shipped = models.PositiveIntegerField(default=0)

    objects = DemandQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["merchant", "order_number"], name="demand_order_number"),
            models.Index(
                fields=["id"],
                condition=Q(is_cancelled=False, quantity__gt=F("shipped")),
                name="demand_unfinished",
            ),
            models.Index(fields=["id"], condition=Q(is_cancelled=True), name="demand_cancelled"),
            models.Index(
                fields=["product"],
                condition=Q(
                    is_released=True,
                    is_cancelled=False,
                    quantity__gt=F("shipped") + F("allocated"),
                ),
                name="demand_backordered",
            ),
            models.Index(
                fields=["product"], condition=Q(is_set_aside=True), name="demand_set_aside"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["id", "product"], name="demand_and_its_product"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="a_demand_asks_for_units"),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("shipped") + F("allocated")),
                name="no_unit_is_promised_twice_to_a_demand",
            ),
            models.CheckConstraint(
                condition=Q(allocated=0) | Q(is_released=True, is_cancelled=False),
                name="only_released_demand_is_promised_units",
            ),
            models.CheckConstraint(
                condition=Q(is_released=False) | Q(warehouse__isnull=False),
                name="released_demand_has_a_warehouse",
            ),
            models.CheckConstraint(
                condition=~Q(channel="") | Q(is_set_aside=True) & ~Q(customer=""),
                name="a_set_aside_is_for_a_channel_or_a_customer",
                violation_error_message="Say for which channel or which customer.",
            ),
            belongs_to_its_merchant("demand_is_of_its_products_merchant"),
            CompositeForeignKey("lot", same={"product": "product"}, name="demand_lot_product"),
        ]

    def __str__(self):
        return f"{self.quantity} for {self.order_number}"

    @property
    def uncovered(self) -> int:
        return self.quantity - self.shipped - self.allocated

    @property
    def backordered(self) -> int:
        return self.uncovered if self.is_released and not self.is_cancelled else 0


class SetAside(models.Model):
    """Stock kept for the orders of a channel or customer: who keeps it, why, since when.

    Its demand says of what, how much and for whom, and has the promises. Written by
    ``inventory.services.set_asides``.
    """

    merchant = models.ForeignKey(Merchant, models.PROTECT, related_name="+", db_constraint=False)
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="set_asides", db_constraint=False
    )
    demand = models.OneToOneField(Demand, models.PROTECT, related_name="set_aside")
    reason = models.CharField(max_length=500)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "set-aside"
        ordering = ["-id"]
        constraints = [
            CompositeForeignKey(
                "demand", same={"product": "product"}, name="set_aside_is_of_its_demands_product"
            ),
            belongs_to_its_merchant("set_aside_is_of_its_products_merchant"),
        ]

    def __str__(self):
        return self.number

    @property
    def number(self) -> str:
        return f"SET-{self.pk:06d}"


class Allocation(models.Model):
    """Units of one balance promised to a demand. Gone once shipped or released.

    The sum over a balance is its ``committed``, over a demand its ``allocated``. Written by
    ``inventory.ledger`` only.
    """

    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    demand = models.ForeignKey(
        Demand,
        models.PROTECT,
        related_name="allocations",
        db_constraint=False,
        db_index=False,
    )
    balance = models.ForeignKey(
        Balance, models.PROTECT, related_name="allocations", db_constraint=False
    )
    quantity = models.PositiveIntegerField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["demand", "balance"],
                name="one_allocation_per_demand_and_balance",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="an_allocation_promises_units"
            ),
            CompositeForeignKey("demand", same={"product": "product"}, name="allocation_demand"),
            CompositeForeignKey("balance", same={"product": "product"}, name="allocation_balance"),
            belongs_to_its_merchant("allocation_is_of_its_products_merchant"),
        ]

    def __str__(self):
        return f"{self.quantity} promised"


class Supply(models.Model):
    """Units of a product and lot announced for a warehouse: the mirror of Demand.

    While open, ``max(expected, received) - stowed`` of them are incoming. The counters are
    written by ``inventory.ledger``, the rest by ``inventory.services.supplies``.
    """

    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="supplies", db_constraint=False
    )
    lot = models.ForeignKey(
        Lot, models.PROTECT, null=True, related_name="supplies", db_constraint=False
    )
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+", db_index=False)
    wro_number = models.CharField(max_length=32)
    expected = models.PositiveIntegerField()
    received = models.PositiveIntegerField(default=0)
    stowed = models.PositiveIntegerField(default=0)
    is_open = models.BooleanField(default=True)

    objects = SupplyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "supplies"
        indexes = [
            models.Index(fields=["merchant", "wro_number"], name="supply_wro_number"),
            models.Index(
                fields=["warehouse", "id"],
                condition=Q(received__gt=F("stowed")),
                name="supply_at_dock",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(stowed__lte=F("received")),
                name="units_are_received_before_they_are_stowed",
            ),
            belongs_to_its_merchant("supply_is_of_its_products_merchant"),
            CompositeForeignKey("lot", same={"product": "product"}, name="supply_lot_product"),
        ]

    def __str__(self):
        return f"{self.expected} by {self.wro_number}"
