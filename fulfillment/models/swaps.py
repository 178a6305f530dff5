"""Lots that were exchanged at packing."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from fulfillment.models.orders import OrderLine
from inventory.constraints import CompositeForeignKey
from inventory.models import Lot, Product
from inventory.models.products import belongs_to_its_merchant
from merchants.models import Merchant
from merchants.querysets import ScopedQuerySet


class LotSwap(models.Model):
    """Units of a line that were to come of one lot and were promised of another: who, and why.

    ``source`` is the lot that was allocated (empty: units without a lot), ``target`` the one in
    the packer's hand. Written by ``swap_lot``, and never changed.
    """

    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    line = models.ForeignKey(OrderLine, models.CASCADE, related_name="lot_swaps")
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    source = models.ForeignKey(
        Lot, models.PROTECT, null=True, related_name="+", db_constraint=False
    )
    target = models.ForeignKey(Lot, models.PROTECT, related_name="+", db_constraint=False)
    quantity = models.PositiveIntegerField()
    reason = models.CharField(max_length=500)
    swapped_at = models.DateTimeField()
    swapped_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="a_lot_swap_is_of_units"),
            models.CheckConstraint(
                condition=Q(source=None) | ~Q(source=F("target")),
                name="a_lot_swap_has_two_lots",
            ),
            CompositeForeignKey("source", same={"product": "product"}, name="lot_swap_source"),
            CompositeForeignKey("target", same={"product": "product"}, name="lot_swap_target"),
            belongs_to_its_merchant("lot_swap_is_of_its_products_merchant"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.target} for {self.source or 'no lot'}"
