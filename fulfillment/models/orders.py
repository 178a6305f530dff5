"""Orders and what left for them. What an order claims and holds stands in `inventory.Demand`."""

from __future__ import annotations

import re
from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from fulfillment.querysets import OrderQuerySet
from inventory.constraints import CompositeForeignKey
from inventory.models import (
    Channel,
    Demand,
    Posting,
    Product,
    Warehouse,
)
from inventory.models.products import belongs_to_its_merchant
from merchants.indexes import PrefixIndex
from merchants.models import Merchant
from merchants.querysets import ScopedQuerySet


class Order(models.Model):
    """What a merchant's customer is to get. Filled from one warehouse.

    ``warehouse`` is the one that the merchant named; empty, the house chooses when it allocates
    and the choice stands on the demands. Written by ``fulfillment.services``; its status is read
    off the demands of its lines.
    """

    merchant = models.ForeignKey(Merchant, models.PROTECT, related_name="orders", db_index=False)
    reference = models.CharField(
        max_length=64, blank=True, help_text="The merchant's own number of the order."
    )
    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="+", null=True, blank=True
    )
    channel = models.CharField(max_length=3, choices=Channel, default=Channel.DTC)
    customer = models.CharField(
        max_length=64, blank=True, help_text="The merchant's own name or number of the customer."
    )
    ship_to = models.JSONField(default=dict, blank=True)
    ship_by = models.DateField(null=True, blank=True)
    priority = models.IntegerField(default=0, help_text="Higher is served first.")
    note = models.TextField(blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["merchant", "id"], name="order_merchant_id"),
            models.Index(fields=["channel", "id"], name="order_channel_id"),
            models.Index(
                fields=["ship_by"], condition=Q(ship_by__isnull=False), name="order_ship_by"
            ),
            PrefixIndex(fields=["reference"], name="order_reference"),
            PrefixIndex(fields=["ship_to"], key="name", name="order_recipient"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["merchant", "reference"],
                condition=~Q(reference=""),
                name="order_reference_is_unique_per_merchant",
                violation_error_message="This merchant already has an order with this reference.",
            ),
            models.UniqueConstraint(fields=["id", "merchant"], name="order_and_its_merchant"),
        ]

    def __str__(self) -> str:
        return self.number

    def clean(self) -> None:
        country = self.ship_to.get("country") or ""
        if not re.fullmatch(r"([A-Za-z]{2})?", country):
            message = f"“{country}” is not a country code of two letters, such as US."
            raise ValidationError({"ship_to": ValidationError(message, code="invalid_country")})

    @property
    def number(self) -> str:
        return f"ORD-{self.pk:06d}"


class OrderLine(models.Model):
    """A demand's place in its order. What is asked for, promised and shipped stands on the demand.

    Written by ``fulfillment.services`` with the order, and never changed.
    """

    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines", db_index=False)
    position = models.PositiveIntegerField()
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", db_constraint=False)
    demand = models.OneToOneField(Demand, models.PROTECT, related_name="order_line")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["order", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["order", "position"], name="one_line_per_place_in_an_order"
            ),
            CompositeForeignKey(
                "order", same={"merchant": "merchant"}, name="order_line_is_of_its_orders_merchant"
            ),
            CompositeForeignKey(
                "demand", same={"product": "product"}, name="order_line_is_of_its_demands_product"
            ),
            belongs_to_its_merchant("order_line_is_of_its_products_merchant"),
        ]

    def __str__(self) -> str:
        return f"Line {self.position}"


class Shipment(models.Model):
    """Units that left for an order together: one posting, which has the lot of every unit.

    Written by ``ship_order``.
    """

    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    order = models.ForeignKey(Order, models.PROTECT, related_name="shipments")
    tracking_number = models.CharField(max_length=64, blank=True)
    posting = models.OneToOneField(Posting, models.PROTECT, related_name="shipment")
    shipped_at = models.DateTimeField()
    shipped_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            CompositeForeignKey(
                "order", same={"merchant": "merchant"}, name="shipment_is_of_its_orders_merchant"
            ),
            CompositeForeignKey(
                "posting",
                same={"merchant": "merchant"},
                name="shipment_is_of_its_postings_merchant",
            ),
        ]

    def __str__(self) -> str:
        return self.tracking_number or f"Shipment {self.pk}"
