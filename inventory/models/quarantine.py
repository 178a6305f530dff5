from django.db import models
from django.db.models import F, Q

from inventory.constraints import CompositeForeignKey
from inventory.models.products import Product, belongs_to_its_merchant
from inventory.models.stock import Balance
from inventory.querysets import QuarantineCaseQuerySet
from merchants.models import Merchant


class CaseSource(models.TextChoices):
    RECEIVING = "receiving", "Receiving"
    CUSTOMER_RETURN = "customer_return", "Customer return"
    RTS = "rts", "RTS"
    MOVE = "move", "Moved by the warehouse"
    ADJUSTMENT = "adjustment", "Adjustment"
    SHORT_PICK = "short_pick", "Short pick"


class QuarantineCase(models.Model):
    """Units that entered quarantine together, and what may still become of them.

    ``quantity`` units are open; at 0 the case is closed. The open cases of a quarantine balance
    sum to its units. ``may_be_released`` is False for a customer return of a lot product. Written
    by ``inventory.ledger`` with the movement that opens or works off the case.
    """

    merchant = models.ForeignKey(Merchant, models.PROTECT, related_name="+", db_constraint=False)
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="quarantine_cases", db_constraint=False
    )
    balance = models.ForeignKey(
        Balance, models.PROTECT, related_name="quarantine_cases", db_constraint=False
    )
    source = models.CharField(max_length=20, choices=CaseSource)
    reference = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=500)
    may_be_released = models.BooleanField(default=True)
    opened_quantity = models.PositiveIntegerField()
    quantity = models.PositiveIntegerField()
    opened_at = models.DateTimeField()
    origin = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
        help_text="The case that they came in with, where they got another lot since.",
    )

    objects = QuarantineCaseQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["opened_at", "id"], name="case_age"),
            models.Index(fields=["opened_at", "id"], condition=Q(quantity__gt=0), name="case_open"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(opened_quantity__gt=0, quantity__lte=F("opened_quantity")),
                name="a_case_never_holds_more_than_it_opened_with",
            ),
            models.UniqueConstraint(fields=["id", "product"], name="case_and_its_product"),
            CompositeForeignKey("balance", same={"product": "product"}, name="case_balance"),
            belongs_to_its_merchant("case_is_of_its_products_merchant"),
        ]

    def __str__(self):
        return f"Case {self.pk}"
