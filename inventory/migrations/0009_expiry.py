import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import inventory.constraints

PROTECT = django.db.models.deletion.PROTECT


def key() -> tuple[str, models.BigAutoField]:
    auto = models.BigAutoField(
        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
    )
    return ("id", auto)


def action(**options) -> models.CharField:
    choices = [("promote", "Promote"), ("remove", "Remove"), ("dispose", "Dispose")]
    return models.CharField(choices=choices, max_length=8, **options)


def unit_value() -> models.DecimalField:
    return models.DecimalField(
        blank=True,
        decimal_places=4,
        help_text="In the currency of the house. Empty: unknown.",
        max_digits=12,
        null=True,
        validators=[django.core.validators.MinValueValidator(0)],
        verbose_name="value of a unit",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0008_disposal_requests"),
        ("merchants", "0005_digest_email"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("historicalproduct", "unit_value", unit_value()),
        migrations.AddField("product", "unit_value", unit_value()),
        migrations.CreateModel(
            name="ExpiryDigest",
            fields=[
                key(),
                ("day", models.DateField()),
                ("first_day", models.DateField()),
                ("content", models.JSONField()),
                ("recipient", models.EmailField(blank=True, max_length=254)),
                ("created_at", models.DateTimeField()),
                ("claimed_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("error", models.CharField(blank=True, max_length=500)),
                (
                    "merchant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=PROTECT,
                        related_name="expiry_digests",
                        to="merchants.merchant",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("merchant", "day"), name="one_expiry_digest_per_merchant_and_day"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ExpiryRun",
            fields=[
                key(),
                ("day", models.DateField()),
                ("first_day", models.DateField()),
                ("newest_posting", models.BigIntegerField(default=0)),
                ("done_to", models.BigIntegerField(default=0)),
                (
                    "products",
                    models.PositiveIntegerField(default=0, verbose_name="products planned anew"),
                ),
                ("units", models.BigIntegerField(default=0, verbose_name="units taken back")),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "warehouse",
                    models.ForeignKey(
                        on_delete=PROTECT, related_name="expiry_runs", to="inventory.warehouse"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("warehouse", "day"), name="one_expiry_run_per_warehouse_and_day"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(first_day__lte=models.F("day")),
                        name="expiry_run_stands_for_days_up_to_its_own",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LotAction",
            fields=[
                key(),
                ("action", action()),
                ("suggested", action(blank=True)),
                ("note", models.CharField(blank=True, max_length=500)),
                ("taken_at", models.DateTimeField()),
                (
                    "lot",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=PROTECT,
                        related_name="actions",
                        to="inventory.lot",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=PROTECT,
                        related_name="+",
                        to="merchants.merchant",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=PROTECT,
                        related_name="+",
                        to="inventory.product",
                    ),
                ),
                (
                    "taken_by",
                    models.ForeignKey(
                        on_delete=PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    inventory.constraints.CompositeForeignKey(
                        "lot", name="lot_action_product", same={"product": "product"}
                    ),
                    inventory.constraints.CompositeForeignKey(
                        "product",
                        name="lot_action_is_of_its_products_merchant",
                        same={"merchant": "merchant"},
                    ),
                ],
            },
        ),
    ]
