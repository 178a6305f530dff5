from django.conf import settings
from django.db import models
from django.db.models import F, Q

from inventory.constraints import CompositeForeignKey
from inventory.models.lots import Lot
from inventory.models.products import Product, belongs_to_its_merchant
from inventory.querysets import ScopedQuerySet
from merchants.models import Merchant


class DisposalAction(models.TextChoices):
    DISPOSE = "dispose", "Dispose"
    RETURN_TO_MERCHANT = "return_to_merchant", "Return to the merchant"


class DisposalStatus(models.TextChoices):
    REQUESTED = "requested", "Requested"
    DONE = "done", "Done"
    REFUSED = "refused", "Refused"
    CANCELLED = "cancelled", "Cancelled"


class DisposalRequest(models.Model):
    """A merchant's wish that units of a lot be destroyed or sent back to it.

    ``quantity`` None means all that there are; ``done`` counts what was carried out so far, which
    the postings with this number as their reference say, too. Written by
    ``inventory.services.disposals``.
    """

    merchant = models.ForeignKey(Merchant, models.PROTECT, related_name="+", db_constraint=False)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", db_constraint=False)
    lot = models.ForeignKey(
        Lot, models.PROTECT, related_name="disposal_requests", db_constraint=False
    )
    action = models.CharField(max_length=20, choices=DisposalAction)
    quantity = models.PositiveIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=500)
    status = models.CharField(
        max_length=10, choices=DisposalStatus, default=DisposalStatus.REQUESTED
    )
    done = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=500, blank=True)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["id"], condition=Q(status="requested"), name="disposal_open"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity=None) | Q(quantity__gt=0, quantity__gte=F("done")),
                name="no_more_is_disposed_of_than_was_asked",
            ),
            models.CheckConstraint(
                condition=Q(status="requested", ended_at=None)
                | ~Q(status="requested") & Q(ended_at__isnull=False),
                name="an_ended_disposal_says_when",
            ),
            belongs_to_its_merchant("disposal_is_of_its_products_merchant"),
            CompositeForeignKey("lot", same={"product": "product"}, name="disposal_lot_product"),
        ]

    def __str__(self):
        return self.number

    @property
    def number(self) -> str:
        return f"DSP-{self.pk:06d}"

    @property
    def is_open(self) -> bool:
        return self.status == DisposalStatus.REQUESTED

    @property
    def missing(self) -> int | None:
        """Units still to be carried out; None: all that there are."""
        return None if self.quantity is None else self.quantity - self.done
