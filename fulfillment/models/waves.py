"""Waves: open orders that are released for allocation together, in a worker."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from fulfillment.models.orders import Order
from fulfillment.querysets import WaveOrderQuerySet, WaveQuerySet
from inventory.constraints import CompositeForeignKey
from inventory.models import Channel, Warehouse
from merchants.models import Merchant

MOST_OF_A_FAILURE = 500  # characters


class WaveStatus(models.TextChoices):
    OPEN = "open", "Open"
    RELEASED = "released", "Released"
    RUNNING = "running", "Running"
    INTERRUPTED = "interrupted", "Interrupted"
    COMPLETED = "completed", "Completed"
    CANCELLED = "cancelled", "Cancelled"


class Wave(models.Model):
    """Open orders to be released together, and how far a worker has come with them.

    The fields up to ``min_priority`` are the filters by which its orders were chosen; where they
    were named one by one, it ``is_chosen_by_hand``. Its orders are worked off by their position, so
    that those up to ``done_count`` have been released: a worker that takes over goes on behind
    them. ``job_id`` is the job that was enqueued last to do so; where that one ended in the failed
    list, the wave is interrupted and ``failure`` says why. Written by
    ``fulfillment.services.waves``; what its orders were promised is read off their demands.
    """

    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="waves", null=True, blank=True
    )
    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="+", null=True, blank=True
    )
    channel = models.CharField(max_length=3, choices=Channel, blank=True)
    ship_by = models.DateField(
        null=True, blank=True, help_text="Orders to be shipped on this day or before."
    )
    min_priority = models.IntegerField(
        null=True, blank=True, help_text="Orders of this priority or a higher one."
    )
    is_chosen_by_hand = models.BooleanField(default=False)
    status = models.CharField(max_length=12, choices=WaveStatus, default=WaveStatus.OPEN)
    order_count = models.PositiveIntegerField(default=0)
    done_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    job_id = models.UUIDField(null=True)
    failure = models.CharField(max_length=MOST_OF_A_FAILURE, blank=True)

    objects = WaveQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(done_count__lte=F("order_count")),
                name="a_wave_releases_no_more_than_its_orders",
            ),
            models.CheckConstraint(
                condition=Q(status__in=WaveStatus.values), name="wave_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(failure="") | Q(status=WaveStatus.INTERRUPTED, job_id__isnull=False),
                name="a_wave_that_failed_is_interrupted",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"WAVE-{self.pk:06d}"

    @property
    def is_under_way(self) -> bool:
        """A worker has it, or is about to."""
        return self.status in (WaveStatus.RELEASED, WaveStatus.RUNNING)

    @property
    def is_unfinished(self) -> bool:
        """Its orders are in no other wave."""
        return self.status not in (WaveStatus.COMPLETED, WaveStatus.CANCELLED)

    @property
    def percent(self) -> int:
        """How much of it is done: 100 only when all is."""
        return 100 * self.done_count // (self.order_count or 1)


class WaveOrder(models.Model):
    """An order's place in its wave: by priority, then age, from 1 and without gaps.

    ``is_waiting`` while the wave is unfinished, so that no other wave can take the order. Written
    by ``fulfillment.services.waves`` in a handful of statements, however many there are.
    """

    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    wave = models.ForeignKey(Wave, models.CASCADE, related_name="wave_orders", db_index=False)
    order = models.ForeignKey(
        Order, models.PROTECT, related_name="wave_orders", db_constraint=False
    )
    position = models.PositiveIntegerField()
    is_waiting = models.BooleanField(default=True)

    objects = WaveOrderQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["wave", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["wave", "position"], name="one_order_per_place_in_a_wave"
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(is_waiting=True),
                name="an_order_is_in_one_unfinished_wave_at_most",
            ),
            CompositeForeignKey(
                "order", same={"merchant": "merchant"}, name="wave_order_is_of_its_orders_merchant"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} in {self.wave_id}"
