import re
import unicodedata
from datetime import date

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from inventory.constraints import CompositeForeignKey
from inventory.look_alikes import MOST_CHARACTERS, skeleton
from inventory.models.places import Location
from inventory.models.products import Product, belongs_to_its_merchant
from inventory.querysets import HoldQuerySet, LotQuerySet
from inventory.restrictions import NAMES, faults
from merchants.days import OUT_OF_RANGE, is_meant
from merchants.history import history
from merchants.indexes import PrefixIndex
from merchants.models import Merchant


def lot_key(number: str) -> str:
    """The form in which two spellings of one lot number are equal.

    Without invisible characters, trimmed, inner white space folded to one space, Unicode NFC,
    case folded. '' stays ''.
    """
    visible = "".join(c for c in number if unicodedata.category(c) != "Cf")
    return unicodedata.normalize("NFC", re.sub(r"\s+", " ", visible.strip()).casefold())


def is_over_before_made(manufactured_on: date | None, expires_on: date | None) -> bool:
    """Two dates of which one was read or typed wrong, or both were exchanged."""
    return bool(manufactured_on and expires_on and expires_on < manufactured_on)


class LotKeyField(models.CharField):
    """A column that follows ``number``: filled when the row is saved, never by hand."""

    def __init__(self, *args, **kwargs):
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def pre_save(self, model_instance, add):
        key = lot_key(model_instance.number)
        setattr(model_instance, self.attname, key)
        return key


class SkeletonField(models.CharField):
    """A column that follows ``number``: equal for numbers that look alike."""

    def __init__(self, *args, **kwargs):
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def pre_save(self, model_instance, add):
        form = skeleton(model_instance.number)
        setattr(model_instance, self.attname, form)
        return form


class Lot(models.Model):
    """Units of one product made together: told apart by number, or by expiry where unnumbered.

    One that was merged into another stays, inactive, as the alias under which that one is found.
    Written by ``inventory.services.lots`` (``received_at`` by the ledger).
    """

    class DateKind(models.TextChoices):
        USE_BY = "use_by", "Use by"
        BEST_BEFORE = "best_before", "Best before"
        PERIOD_AFTER_OPENING = "period_after_opening", "Period after opening"

    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    product = models.ForeignKey(
        Product,
        models.PROTECT,
        related_name="lots",
        db_constraint=False,
        db_index=False,
    )
    number = models.CharField("lot number", max_length=64, blank=True)
    number_key = LotKeyField(max_length=192)  # folding a letter makes up to three of it
    number_skeleton = SkeletonField(max_length=MOST_CHARACTERS, default="")
    supplier_number = models.CharField("supplier's lot number", max_length=64, blank=True)
    supplier = models.CharField(max_length=100, blank=True)
    production_run = models.CharField(max_length=64, blank=True)
    expires_on = models.DateField("expiry", null=True, blank=True)
    manufactured_on = models.DateField(null=True, blank=True)
    date_kind = models.CharField(
        "kind of date", max_length=20, choices=DateKind, default=DateKind.BEST_BEFORE
    )
    only_countries = models.CharField(
        "only to countries",
        max_length=800,
        blank=True,
        help_text="Two-letter codes with spaces between them; empty: no restriction.",
    )
    never_countries = models.CharField(
        "never to countries",
        max_length=800,
        blank=True,
        help_text="Two-letter codes with spaces between them.",
    )
    only_channels = models.CharField(
        "only through channels",
        max_length=16,
        blank=True,
        help_text="Of dtc, b2b and fba, with spaces between them; empty: no restriction.",
    )
    is_active = models.BooleanField("active", default=True)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="merged_lots",
        db_constraint=False,
    )
    received_at = models.DateTimeField("first received", null=True, blank=True, editable=False)
    created_at = models.DateTimeField()

    history = history(excluded_fields=("received_at", "number_skeleton"))
    objects = LotQuerySet.as_manager()

    class Meta:
        ordering = [models.F("expires_on").asc(nulls_last=True), "number", "id"]
        indexes = [
            models.Index(fields=["expires_on", "number", "id"], name="lot_order"),
            models.Index(fields=["merchant", "expires_on", "number", "id"], name="lot_merchant"),
            models.Index(
                fields=["expires_on", "number", "id"],
                condition=Q(is_active=False),
                name="lot_inactive",
            ),
            models.Index(
                fields=["received_at"],
                condition=Q(received_at__isnull=False),
                name="lot_received_at",
            ),
            models.Index(
                fields=["manufactured_on"],
                condition=Q(manufactured_on__isnull=False),
                name="lot_manufactured_on",
            ),
            PrefixIndex(fields=["number_key"], name="lot_number_key"),
            PrefixIndex(fields=["supplier_number"], name="lot_supplier_number"),
            PrefixIndex(fields=["supplier"], name="lot_supplier"),
            PrefixIndex(fields=["production_run"], name="lot_production_run"),
            models.Index(fields=["product", "number_skeleton"], name="lot_number_skeleton"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "number_key"],
                condition=~Q(number_key=""),
                name="lot_number_is_unique_per_product",
                violation_error_message="This product already has a lot with this number.",
            ),
            models.UniqueConstraint(
                fields=["product", "expires_on"],
                condition=Q(number_key=""),
                name="unnumbered_lot_is_unique_per_product_and_expiry",
                violation_error_message="This product already has an unnumbered lot of this date.",
            ),
            models.UniqueConstraint(fields=["id", "product"], name="lot_and_its_product"),
            models.CheckConstraint(
                condition=~Q(number_key="") | Q(expires_on__isnull=False),
                name="a_lot_has_a_number_or_an_expiry",
                violation_error_message="A lot needs a lot number or an expiry date.",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | Q(is_active=False),
                name="a_merged_lot_is_inactive",
                violation_error_message="This lot was merged into another one.",
            ),
            belongs_to_its_merchant("lot_is_of_its_products_merchant"),
            CompositeForeignKey(
                "merged_into",
                same={"product": "product"},
                name="lot_merged_into_its_products_lot",
            ),
        ]

    def __str__(self):
        return self.number or f"expiring {self.expires_on}"

    def clean(self):
        wrong = faults({name: getattr(self, name) for name in NAMES})
        errors = {name: ValidationError(message, code=code) for name, code, message in wrong}
        for name in ("expires_on", "manufactured_on"):
            day = getattr(self, name)
            if day is not None and not is_meant(day):
                errors[name] = ValidationError(OUT_OF_RANGE, code="out_of_range")
        if not errors and is_over_before_made(self.manufactured_on, self.expires_on):
            message = f"It would expire before it is made, on {self.manufactured_on}."
            errors["expires_on"] = ValidationError(message, code="expires_before_made")
        if errors:
            raise ValidationError(errors)

    def days_remaining(self, today: date) -> int | None:
        return None if self.expires_on is None else (self.expires_on - today).days


class Hold(models.Model):
    """Why units of a lot, a location or a product may not ship, from whom, since when.

    Written by ``inventory.services.holds``; acts in the transaction that places it. One whose
    ``until`` has passed is lifted by the next scheduled run, never early.
    """

    merchant = models.ForeignKey(
        Merchant,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        editable=False,
    )
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, blank=True, related_name="holds")
    location = models.ForeignKey(
        Location, models.PROTECT, null=True, blank=True, related_name="holds"
    )
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="holds"
    )
    reason = models.CharField(max_length=500)
    until = models.DateTimeField(null=True, blank=True)
    placed_at = models.DateTimeField()
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    objects = HoldQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["id"], condition=Q(released_at=None), name="hold_active"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(lot__isnull=False, location__isnull=True, product__isnull=True)
                    | Q(lot__isnull=True, location__isnull=False, product__isnull=True)
                    | Q(lot__isnull=True, location__isnull=True, product__isnull=False)
                ),
                name="a_hold_is_on_a_lot_or_a_location_or_a_product",
                violation_error_message="Choose exactly one of lot, location or product.",
            ),
        ]

    def __str__(self):
        return f"Hold on {self.lot or self.location or self.product}"
