from datetime import date, datetime
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from inventory.kinds import ALWAYS_MIXED, VIRTUAL, LocationKind
from inventory.querysets import LocationQuerySet, SharedQuerySet
from merchants.history import history
from merchants.indexes import PrefixIndex


def is_time_zone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError(f"“{value}” is not a time zone such as America/Chicago.")


class ZoneField(models.CharField):
    """The name of a part of the warehouse, in capitals, so that it is written in one way only."""

    def __init__(self, *args, **kwargs):
        kwargs |= {"max_length": 32, "blank": True, "default": ""}
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def pre_save(self, model_instance, add):
        zone = getattr(model_instance, self.attname).strip().upper()
        setattr(model_instance, self.attname, zone)
        return zone


class Warehouse(models.Model):
    """A building with its own calendar day. Belongs to the house, not to a merchant."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=200)
    timezone = models.CharField(max_length=64, default="UTC", validators=[is_time_zone])

    history = history()
    objects = SharedQuerySet.as_manager()

    class Meta:
        ordering = ["code"]

    def __str__(self):
        return self.code

    def today(self, now: datetime) -> date:
        """The local calendar date at ``now`` (aware)."""
        return now.astimezone(ZoneInfo(self.timezone)).date()


class Location(models.Model):
    """A place where units can be: a bin, an area, or (virtual) somewhere outside the house."""

    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="locations", db_index=False
    )
    name = models.CharField(max_length=64)
    kind = models.CharField(max_length=12, choices=LocationKind, default=LocationKind.STORAGE)
    pickable = models.BooleanField(default=True, help_text="Orders may take units from here.")
    sellable = models.BooleanField(default=True, help_text="Units here may be promised.")
    mixed = models.BooleanField(
        default=False, help_text="Several lots of one product may stand here together."
    )
    pick_sequence = models.PositiveIntegerField(default=0)
    zone = ZoneField(help_text="The part of the warehouse, such as A or CHILLED. Empty: none.")
    capacity_in3 = models.PositiveIntegerField(
        "capacity (cubic inches)",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="The room inside: length × width × height. Empty: not measured.",
    )

    history = history()
    objects = LocationQuerySet.as_manager()

    class Meta:
        ordering = ["warehouse", "pick_sequence", "name"]
        indexes = [
            models.Index(
                fields=["warehouse", "pick_sequence", "name", "id"], name="location_order"
            ),
            models.Index(
                fields=["warehouse", "pick_sequence", "name", "id"],
                condition=~Q(kind="storage"),
                name="location_area",
            ),
            models.Index(
                fields=["warehouse", "pick_sequence", "name", "id"],
                condition=Q(pickable=False) | Q(sellable=False),
                name="location_barred",
            ),
            models.Index(
                fields=["warehouse", "zone", "pick_sequence", "name", "id"],
                condition=~Q(zone=""),
                name="location_zone",
            ),
            PrefixIndex(fields=["name"], name="location_name"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["warehouse", "name"],
                name="location_name_is_unique_per_warehouse",
            ),
            models.UniqueConstraint(
                fields=["id", "warehouse", "kind", "mixed"],
                name="location_and_its_flags",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=ALWAYS_MIXED) | Q(mixed=True, pickable=False, sellable=False),
                name="docks_quarantine_and_damaged_are_mixed_and_not_for_sale",
                violation_error_message=(
                    "A dock, quarantine or damaged area is always mixed and neither pickable "
                    "nor sellable."
                ),
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def is_virtual(self) -> bool:
        return self.kind in VIRTUAL
