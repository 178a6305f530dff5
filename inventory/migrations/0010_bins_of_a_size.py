import django.core.validators
from django.db import migrations, models

OF_LOCATION = "The part of the warehouse, such as A or CHILLED. Empty: none."
OF_PRODUCT = "Its bins are suggested in this zone only. Empty: near where it stands."


def zone(help_text: str) -> models.CharField:
    return models.CharField(blank=True, help_text=help_text, max_length=32, default="")


def capacity() -> models.PositiveIntegerField:
    return models.PositiveIntegerField(
        blank=True,
        help_text="The room inside: length × width × height. Empty: not measured.",
        null=True,
        validators=[django.core.validators.MinValueValidator(1)],
        verbose_name="capacity (cubic inches)",
    )


class Migration(migrations.Migration):
    """A bin has a size and stands in a zone; what waits at the docks is found by an index."""

    dependencies = [("inventory", "0009_expiry")]

    operations = [
        *(
            migrations.AddField(model, "zone", zone(words))
            for model, words in (
                ("historicallocation", OF_LOCATION),
                ("location", OF_LOCATION),
                ("historicalproduct", OF_PRODUCT),
                ("product", OF_PRODUCT),
            )
        ),
        migrations.AddField("historicallocation", "capacity_in3", capacity()),
        migrations.AddField("location", "capacity_in3", capacity()),
        migrations.AddIndex(
            "location",
            models.Index(
                condition=models.Q(("zone", ""), _negated=True),
                fields=["warehouse", "zone", "pick_sequence", "name", "id"],
                name="location_zone",
            ),
        ),
        migrations.AddIndex(
            "supply",
            models.Index(
                condition=models.Q(received__gt=models.F("stowed")),
                fields=["warehouse", "id"],
                name="supply_at_dock",
            ),
        ),
    ]
