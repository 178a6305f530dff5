from django.conf import settings
from django.db import models
from django.db.models import Q

from inventory.constraints import CompositeForeignKey
from inventory.models.lots import Lot
from inventory.models.places import Warehouse
from inventory.models.products import Product, belongs_to_its_merchant
from inventory.querysets import ScopedQuerySet, SharedQuerySet
from merchants.models import Merchant


class ExpiryRun(models.Model):
    """The work of one warehouse's new day: promises of what expired in the night are made anew.

    There is one for each warehouse and day; ``first_day`` is the first of the days that it stands
    for, where some were missed. ``done_to`` is the last product that was looked at, so that a run
    that was interrupted goes on there. ``newest_posting`` is the last one before it, which lets
    later reads pass over everything that is older. Written by ``inventory.services.expiry_run``.
    """

    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="expiry_runs")
    day = models.DateField()
    first_day = models.DateField()
    newest_posting = models.BigIntegerField(default=0)
    done_to = models.BigIntegerField(default=0)
    products = models.PositiveIntegerField("products planned anew", default=0)
    units = models.BigIntegerField("units taken back", default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    objects = SharedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["warehouse", "day"], name="one_expiry_run_per_warehouse_and_day"
            ),
            models.CheckConstraint(
                condition=Q(first_day__lte=models.F("day")),
                name="expiry_run_stands_for_days_up_to_its_own",
            ),
        ]

    def __str__(self):
        return f"{self.warehouse} {self.day}"


class ExpiryDigest(models.Model):
    """What a merchant is told of its expiring stock on one day, kept as it was told.

    The row is written before anything is sent, so that a day is told once. ``claimed_at``: a
    worker took it in hand, for the last time; ``sent_at``: the mail server has it. With no
    ``recipient`` it stands on its page only. Written by ``inventory.services.digests``.
    """

    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="expiry_digests", db_index=False
    )
    day = models.DateField()
    first_day = models.DateField()
    content = models.JSONField()
    recipient = models.EmailField(blank=True)
    created_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "day"], name="one_expiry_digest_per_merchant_and_day"
            ),
        ]

    def __str__(self):
        return f"{self.merchant} {self.day}"


class Action(models.TextChoices):
    """What may be done about a lot before, or after, its life is over."""

    PROMOTE = "promote", "Promote"
    REMOVE = "remove", "Remove"
    DISPOSE = "dispose", "Dispose"


class LotAction(models.Model):
    """What somebody decided to do about a lot that runs out of life, beside what was suggested.

    A record for people: it moves nothing. Written by ``inventory.services.lot_actions``.
    """

    merchant = models.ForeignKey(Merchant, models.PROTECT, related_name="+", db_constraint=False)
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="actions", db_constraint=False)
    action = models.CharField(max_length=8, choices=Action)
    suggested = models.CharField(max_length=8, choices=Action, blank=True)
    note = models.CharField(max_length=500, blank=True)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    taken_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            CompositeForeignKey("lot", same={"product": "product"}, name="lot_action_product"),
            belongs_to_its_merchant("lot_action_is_of_its_products_merchant"),
        ]

    def __str__(self):
        return f"{self.get_action_display()} {self.lot}"
