from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Concat, Lower

from inventory.constraints import CompositeForeignKey
from inventory.models.places import ZoneField
from inventory.querysets import ProductQuerySet
from merchants.history import history
from merchants.models import MOST_DAYS, Merchant, Rotation


class LotEntry(models.TextChoices):
    """What a unit of a lot product must come with."""

    EITHER = "either", "Lot number or expiry date"
    NUMBER = "number", "Lot number"
    EXPIRY = "expiry", "Expiry date"
    BOTH = "both", "Lot number and expiry date"


class FTLCategory(models.TextChoices):
    """The foods of the FDA's Food Traceability List (21 CFR part 1, subpart S)."""

    CHEESE = "cheese", "Cheese other than hard cheese"
    SHELL_EGGS = "shell_eggs", "Shell eggs"
    NUT_BUTTERS = "nut_butters", "Nut butters"
    CUCUMBERS = "cucumbers", "Cucumbers"
    HERBS = "herbs", "Herbs"
    LEAFY_GREENS = "leafy_greens", "Leafy greens"
    MELONS = "melons", "Melons"
    PEPPERS = "peppers", "Peppers"
    SPROUTS = "sprouts", "Sprouts"
    TOMATOES = "tomatoes", "Tomatoes"
    TROPICAL_FRUITS = "tropical_fruits", "Tropical tree fruits"
    CUT_FRUITS = "cut_fruits", "Fresh-cut fruits"
    CUT_VEGETABLES = "cut_vegetables", "Fresh-cut vegetables"
    FINFISH = "finfish", "Finfish"
    SMOKED_FINFISH = "smoked_finfish", "Smoked finfish"
    CRUSTACEANS = "crustaceans", "Crustaceans"
    MOLLUSCS = "molluscs", "Molluscan shellfish, bivalves"
    DELI_SALADS = "deli_salads", "Ready-to-eat deli salads"


class ReturnAction(models.TextChoices):
    RESTOCK = "restock", "Restock"
    QUARANTINE = "quarantine", "Quarantine"
    DISPOSE = "dispose", "Dispose"


class BackupAction(models.TextChoices):
    QUARANTINE = "quarantine", "Quarantine"
    DISPOSE = "dispose", "Dispose"


def _measure(label: str) -> models.DecimalField:
    return models.DecimalField(
        label,
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )


class Product(models.Model):
    """What a merchant sells, under one SKU. Its row is the lock of all of its stock.

    Written by ``inventory.services.products``.
    """

    merchant = models.ForeignKey(Merchant, models.PROTECT, related_name="products", db_index=False)
    sku = models.CharField("SKU", max_length=64)
    name = models.CharField(max_length=200)
    barcode = models.CharField(max_length=64, blank=True)
    is_lot_product = models.BooleanField("Is this a lot product?", default=False)
    lot_entry = models.CharField(
        "a lot needs", max_length=8, choices=LotEntry, default=LotEntry.EITHER
    )
    rotation = models.CharField(
        max_length=4,
        choices=Rotation,
        null=True,
        blank=True,
        help_text="Empty: the account's.",
    )
    min_shelf_life_days = models.PositiveIntegerField(
        "minimum shelf life (days)",
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST_DAYS)],
    )
    length_in = _measure("length (in)")
    width_in = _measure("width (in)")
    height_in = _measure("height (in)")
    weight_oz = _measure("weight (oz)")
    zone = ZoneField(
        help_text="Its bins are suggested in this zone only. Empty: near where it stands."
    )
    unit_value = models.DecimalField(
        "value of a unit",
        max_digits=12,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="In the currency of the house. Empty: unknown.",
    )
    return_action = models.CharField(
        "customer returns",
        max_length=10,
        choices=ReturnAction,
        default=ReturnAction.RESTOCK,
    )
    return_backup_action = models.CharField(
        "customer returns, backup action",
        max_length=10,
        choices=BackupAction,
        default=BackupAction.QUARANTINE,
    )
    rts_action = models.CharField(
        "RTS", max_length=10, choices=ReturnAction, default=ReturnAction.RESTOCK
    )
    rts_backup_action = models.CharField(
        "RTS, backup action",
        max_length=10,
        choices=BackupAction,
        default=BackupAction.QUARANTINE,
    )
    return_instructions = models.TextField("instructions", blank=True)
    is_ftl = models.BooleanField(
        "food of the Food Traceability List",
        default=False,
        help_text="Its receipts must name the key data elements of 21 CFR 1.1345.",
    )
    ftl_category = models.CharField(
        "category of that list", max_length=16, choices=FTLCategory, blank=True
    )
    created_at = models.DateTimeField()
    # What a search looks through: one text is read twice as fast as three, and needs no folding.
    words = models.GeneratedField(
        expression=Lower(Concat("sku", Value("\n"), "name", Value("\n"), "barcode")),
        output_field=models.TextField(),
        db_persist=True,
    )

    history = history(excluded_fields=("words",))
    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ["sku", "id"]
        indexes = [
            # The order of every list; with the words, by which it is searched without the table.
            models.Index(fields=["sku", "id", "words"], name="product_words"),
            models.Index(fields=["merchant", "barcode"], name="product_barcode"),  # for scanners
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "sku"],
                name="sku_is_unique_per_merchant",
                violation_error_message="This SKU is taken.",
            ),
            models.UniqueConstraint(fields=["id", "merchant"], name="product_and_its_merchant"),
            models.CheckConstraint(
                condition=Q(min_shelf_life_days=None) | Q(min_shelf_life_days__lte=MOST_DAYS),
                name="minimum_shelf_life_is_plausible",
            ),
            models.CheckConstraint(
                condition=Q(is_lot_product=False) | ~Q(return_action=ReturnAction.RESTOCK),
                name="customer_returns_of_lot_products_are_never_restocked",
                violation_error_message=(
                    "Restocking customer returns is not supported for lot products: "
                    "choose quarantine or dispose."
                ),
            ),
        ]

    def __str__(self):
        return self.sku

    def clean(self):
        if self.is_ftl and not self.is_lot_product:
            message = (
                "A food of the Food Traceability List is told by its lot: make it a lot product."
            )
            raise ValidationError({"is_ftl": ValidationError(message, code="lots_required")})

    @property
    def is_tracked(self) -> bool:
        """Lot tracking is on: its own tick and its account's."""
        return self.is_lot_product and self.merchant.lot_tracking_active

    @property
    def unit_in3(self) -> Decimal | None:
        """The room that one unit takes in cubic inches, exactly; None where no size is known."""
        sides = (self.length_in, self.width_in, self.height_in)
        if not all(sides):
            return None
        length, width, height = map(Decimal, sides)
        return length * width * height

    @property
    def days_needed(self) -> int:
        """The larger of its own and its account's minimum shelf life; 0 for none."""
        return max(self.min_shelf_life_days or 0, self.merchant.picking_disabled_days)


def belongs_to_its_merchant(name: str) -> CompositeForeignKey:
    """The constraint that a row and its product are of the same merchant (invariant 8)."""
    return CompositeForeignKey("product", same={"merchant": "merchant"}, name=name)
