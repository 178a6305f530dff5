import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import inventory.constraints
import inventory.models.lots
import inventory.models.places
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("merchants", "0001_initial"),
        ("merchants", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Warehouse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("code", models.CharField(max_length=32, unique=True)),
                ("name", models.CharField(max_length=200)),
                (
                    "timezone",
                    models.CharField(
                        default="UTC",
                        max_length=64,
                        validators=[inventory.models.places.is_time_zone],
                    ),
                ),
            ],
            options={
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="Location",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("name", models.CharField(max_length=64)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("storage", "Storage"),
                            ("dock", "Dock"),
                            ("staging", "Staging"),
                            ("quarantine", "Quarantine"),
                            ("damaged", "Damaged"),
                            ("marketplace", "Marketplace"),
                            ("supplier", "Supplier"),
                            ("customer", "Customer"),
                            ("merchant", "Merchant"),
                            ("disposed", "Disposed"),
                            ("adjustment", "Adjustment"),
                            ("in_transit", "In transit"),
                        ],
                        default="storage",
                        max_length=12,
                    ),
                ),
                (
                    "pickable",
                    models.BooleanField(default=True, help_text="Orders may take units from here."),
                ),
                (
                    "sellable",
                    models.BooleanField(default=True, help_text="Units here may be promised."),
                ),
                (
                    "mixed",
                    models.BooleanField(
                        default=False,
                        help_text="Several lots of one product may stand here together.",
                    ),
                ),
                ("pick_sequence", models.PositiveIntegerField(default=0)),
                (
                    "warehouse",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="locations",
                        to="inventory.warehouse",
                    ),
                ),
            ],
            options={
                "ordering": ["warehouse", "pick_sequence", "name"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("warehouse", "name"),
                        name="location_name_is_unique_per_warehouse",
                    ),
                    models.UniqueConstraint(
                        fields=("id", "warehouse", "kind", "mixed"),
                        name="location_and_its_flags",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                (
                                    "kind__in",
                                    [
                                        "supplier",
                                        "customer",
                                        "merchant",
                                        "disposed",
                                        "adjustment",
                                        "in_transit",
                                        "marketplace",
                                        "dock",
                                        "quarantine",
                                        "damaged",
                                    ],
                                ),
                                _negated=True,
                            ),
                            models.Q(
                                ("mixed", True),
                                ("pickable", False),
                                ("sellable", False),
                            ),
                            _connector="OR",
                        ),
                        name="docks_quarantine_and_damaged_are_mixed_and_not_for_sale",
                        violation_error_message="A dock, quarantine or damaged area is always mixed and neither pickable nor sellable.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Posting",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("receive", "Received"),
                            ("stow", "Stowed"),
                            ("relocate", "Moved"),
                            ("assign_lot", "Lot assigned"),
                            ("ship", "Shipped"),
                            ("restock", "Restocked"),
                            ("quarantine", "Quarantined"),
                            ("release", "Released from quarantine"),
                            ("dispose", "Disposed of"),
                            ("return_to_merchant", "Returned to the merchant"),
                            ("adjust", "Adjusted"),
                            ("count", "Counted"),
                            ("transfer", "Transferred"),
                        ],
                        max_length=20,
                    ),
                ),
                ("reference", models.CharField(blank=True, max_length=64)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("occurred_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="merchants.merchant",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["merchant", "reference"], name="posting_reference")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("id", "merchant"), name="posting_and_its_merchant"
                    ),
                    inventory.constraints.AppendOnly(name="postings_are_append_only"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("sku", models.CharField(max_length=64, verbose_name="SKU")),
                ("name", models.CharField(max_length=200)),
                ("barcode", models.CharField(blank=True, max_length=64)),
                (
                    "is_lot_product",
                    models.BooleanField(default=False, verbose_name="Is this a lot product?"),
                ),
                (
                    "lot_entry",
                    models.CharField(
                        choices=[
                            ("either", "Lot number or expiry date"),
                            ("number", "Lot number"),
                            ("expiry", "Expiry date"),
                            ("both", "Lot number and expiry date"),
                        ],
                        default="either",
                        max_length=8,
                        verbose_name="a lot needs",
                    ),
                ),
                (
                    "rotation",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("fefo", "FEFO: first expired, first out"),
                            ("fifo", "FIFO: first received, first out"),
                            ("lefo", "LEFO: longest life first"),
                        ],
                        help_text="Empty: the account's.",
                        max_length=4,
                        null=True,
                    ),
                ),
                (
                    "min_shelf_life_days",
                    models.PositiveIntegerField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(36500)],
                        verbose_name="minimum shelf life (days)",
                    ),
                ),
                (
                    "length_in",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=8,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="length (in)",
                    ),
                ),
                (
                    "width_in",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=8,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="width (in)",
                    ),
                ),
                (
                    "height_in",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=8,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="height (in)",
                    ),
                ),
                (
                    "weight_oz",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=8,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="weight (oz)",
                    ),
                ),
                (
                    "return_action",
                    models.CharField(
                        choices=[
                            ("restock", "Restock"),
                            ("quarantine", "Quarantine"),
                            ("dispose", "Dispose"),
                        ],
                        default="restock",
                        max_length=10,
                        verbose_name="customer returns",
                    ),
                ),
                (
                    "return_backup_action",
                    models.CharField(
                        choices=[("quarantine", "Quarantine"), ("dispose", "Dispose")],
                        default="quarantine",
                        max_length=10,
                        verbose_name="customer returns, backup action",
                    ),
                ),
                (
                    "rts_action",
                    models.CharField(
                        choices=[
                            ("restock", "Restock"),
                            ("quarantine", "Quarantine"),
                            ("dispose", "Dispose"),
                        ],
                        default="restock",
                        max_length=10,
                        verbose_name="RTS",
                    ),
                ),
                (
                    "rts_backup_action",
                    models.CharField(
                        choices=[("quarantine", "Quarantine"), ("dispose", "Dispose")],
                        default="quarantine",
                        max_length=10,
                        verbose_name="RTS, backup action",
                    ),
                ),
                (
                    "return_instructions",
                    models.TextField(blank=True, verbose_name="instructions"),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "merchant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="products",
                        to="merchants.merchant",
                    ),
                ),
            ],
            options={
                "ordering": ["sku", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("merchant", "sku"),
                        name="sku_is_unique_per_merchant",
                        violation_error_message="This SKU is taken.",
                    ),
                    models.UniqueConstraint(
                        fields=("id", "merchant"), name="product_and_its_merchant"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("min_shelf_life_days", None),
                            ("min_shelf_life_days__lte", 36500),
                            _connector="OR",
                        ),
                        name="minimum_shelf_life_is_plausible",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_lot_product", False),
                            models.Q(("return_action", "restock"), _negated=True),
                            _connector="OR",
                        ),
                        name="customer_returns_of_lot_products_are_never_restocked",
                        violation_error_message="Restocking customer returns is not supported for lot products: choose quarantine or dispose.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Lot",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "number",
                    models.CharField(blank=True, max_length=64, verbose_name="lot number"),
                ),
                (
                    "number_key",
                    inventory.models.lots.LotKeyField(editable=False, max_length=192),
                ),
                (
                    "supplier_number",
                    models.CharField(
                        blank=True, max_length=64, verbose_name="supplier's lot number"
                    ),
                ),
                (
                    "expires_on",
                    models.DateField(blank=True, null=True, verbose_name="expiry"),
                ),
                ("manufactured_on", models.DateField(blank=True, null=True)),
                (
                    "date_kind",
                    models.CharField(
                        choices=[
                            ("use_by", "Use by"),
                            ("best_before", "Best before"),
                            ("period_after_opening", "Period after opening"),
                        ],
                        default="best_before",
                        max_length=20,
                        verbose_name="kind of date",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "received_at",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        null=True,
                        verbose_name="first received",
                    ),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="merchants.merchant",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lots",
                        to="inventory.product",
                    ),
                ),
            ],
            options={
                "ordering": [
                    models.OrderBy(models.F("expires_on"), nulls_last=True),
                    "number",
                    "id",
                ],
                "indexes": [models.Index(fields=["expires_on"], name="lot_expiry")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("number_key", ""), _negated=True),
                        fields=("product", "number_key"),
                        name="lot_number_is_unique_per_product",
                        violation_error_message="This product already has a lot with this number.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("number_key", "")),
                        fields=("product", "expires_on"),
                        name="unnumbered_lot_is_unique_per_product_and_expiry",
                        violation_error_message="This product already has an unnumbered lot of this date.",
                    ),
                    models.UniqueConstraint(fields=("id", "product"), name="lot_and_its_product"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("number_key", ""), _negated=True),
                            ("expires_on__isnull", False),
                            _connector="OR",
                        ),
                        name="a_lot_has_a_number_or_an_expiry",
                        violation_error_message="A lot needs a lot number or an expiry date.",
                    ),
                    inventory.constraints.CompositeForeignKey(
                        "product",
                        name="lot_is_of_its_products_merchant",
                        same={"merchant": "merchant"},
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Balance",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "lot_key",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.functions.comparison.Coalesce(
                            models.F("lot_id"), 0
                        ),
                        output_field=models.BigIntegerField(),
                    ),
                ),
                (
                    "location_kind",
                    models.CharField(
                        choices=[
                            ("storage", "Storage"),
                            ("dock", "Dock"),
                            ("staging", "Staging"),
                            ("quarantine", "Quarantine"),
                            ("damaged", "Damaged"),
                            ("marketplace", "Marketplace"),
                            ("supplier", "Supplier"),
                            ("customer", "Customer"),
                            ("merchant", "Merchant"),
                            ("disposed", "Disposed"),
                            ("adjustment", "Adjustment"),
                            ("in_transit", "In transit"),
                        ],
                        max_length=12,
                    ),
                ),
                ("location_mixed", models.BooleanField()),
                ("on_hand", models.BigIntegerField(default=0)),
                ("committed", models.BigIntegerField(default=0)),
                ("expires_on", models.DateField(null=True)),
                ("is_blocked", models.BooleanField()),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="merchants.merchant",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="balances",
                        to="inventory.location",
                    ),
                ),
                (
                    "lot",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="balances",
                        to="inventory.lot",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="balances",
                        to="inventory.product",
                    ),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.warehouse",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["merchant", "product"], name="balance_merchant_product")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("product", "lot_key", "location"),
                        name="one_balance_per_product_lot_location",
                    ),
                    models.UniqueConstraint(
                        fields=("id", "product"), name="balance_and_its_product"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("location_mixed", False),
                            ("lot__isnull", False),
                            ("on_hand__gt", 0),
                        ),
                        fields=("product", "location"),
                        name="one_lot_of_a_product_per_bin",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("committed", 0),
                                (
                                    "location_kind__in",
                                    [
                                        "supplier",
                                        "customer",
                                        "merchant",
                                        "disposed",
                                        "adjustment",
                                        "in_transit",
                                        "marketplace",
                                    ],
                                ),
                            ),
                            models.Q(
                                models.Q(
                                    (
                                        "location_kind__in",
                                        [
                                            "supplier",
                                            "customer",
                                            "merchant",
                                            "disposed",
                                            "adjustment",
                                            "in_transit",
                                            "marketplace",
                                        ],
                                    ),
                                    _negated=True,
                                ),
                                ("committed__gte", 0),
                                ("committed__lte", models.F("on_hand")),
                            ),
                            _connector="OR",
                        ),
                        name="promised_units_are_present",
                    ),
                    inventory.constraints.CompositeForeignKey(
                        "product",
                        name="balance_is_of_its_products_merchant",
                        same={"merchant": "merchant"},
                    ),
                    inventory.constraints.CompositeForeignKey(
                        "lot", name="balance_lot_product", same={"product": "product"}
                    ),
                    inventory.constraints.CompositeForeignKey(
                        "location",
                        name="balance_copies_its_locations_flags",
                        same={
                            "location_kind": "kind",
                            "location_mixed": "mixed",
                            "warehouse": "warehouse",
                        },
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Movement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("quantity", models.BigIntegerField()),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="merchants.merchant",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outgoing",
                        to="inventory.balance",
                    ),
                ),
                (
                    "target",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="incoming",
                        to="inventory.balance",
                    ),
                ),
                (
                    "posting",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="movements",
                        to="inventory.posting",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="movements",
                        to="inventory.product",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)),
                        name="a_movement_moves_units",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source", models.F("target")), _negated=True),
                        name="a_movement_has_two_ends",
                    ),
                    inventory.constraints.CompositeForeignKey(
                        "posting",
                        name="movement_posting",
                        same={"merchant": "merchant"},
                    ),
                    inventory.constraints.CompositeForeignKey(
                        "source", name="movement_source", same={"product": "product"}
                    ),
                    inventory.constraints.CompositeForeignKey(
                        "target", name="movement_target", same={"product": "product"}
                    ),
                    inventory.constraints.CompositeForeignKey(
                        "product",
                        name="movement_is_of_its_products_merchant",
                        same={"merchant": "merchant"},
                    ),
                    inventory.constraints.AppendOnly(name="movements_are_append_only"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                ("until", models.DateTimeField(blank=True, null=True)),
                ("placed_at", models.DateTimeField()),
                ("released_at", models.DateTimeField(blank=True, null=True)),
                (
                    "merchant",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="merchants.merchant",
                    ),
                ),
                (
                    "placed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "released_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="inventory.location",
                    ),
                ),
                (
                    "lot",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="inventory.lot",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="inventory.product",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("location__isnull", True),
                                ("lot__isnull", False),
                                ("product__isnull", True),
                            ),
                            models.Q(
                                ("location__isnull", False),
                                ("lot__isnull", True),
                                ("product__isnull", True),
                            ),
                            models.Q(
                                ("location__isnull", True),
                                ("lot__isnull", True),
                                ("product__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="a_hold_is_on_a_lot_or_a_location_or_a_product",
                        violation_error_message="Choose exactly one of lot, location or product.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Demand",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("order_number", models.CharField(max_length=32)),
                ("quantity", models.PositiveIntegerField()),
                ("single_lot", models.BooleanField(default=False)),
                ("min_shelf_life_days", models.PositiveIntegerField(null=True)),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("dtc", "Direct to consumer"),
                            ("b2b", "Business to business"),
                            ("fba", "Fulfilled by Amazon"),
                        ],
                        default="dtc",
                        max_length=3,
                    ),
                ),
                ("country", models.CharField(blank=True, max_length=2)),
                ("priority", models.IntegerField(default=0)),
                ("ordered_at", models.DateTimeField()),
                ("is_released", models.BooleanField(default=False)),
                ("is_cancelled", models.BooleanField(default=False)),
                ("allocated", models.PositiveIntegerField(default=0)),
                ("shipped", models.PositiveIntegerField(default=0)),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="merchants.merchant",
                    ),
                ),
                (
                    "lot",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.lot",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="demands",
                        to="inventory.product",
                    ),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.warehouse",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["merchant", "order_number"], name="demand_order_number"),
                    models.Index(
                        condition=models.Q(
                            ("is_cancelled", False),
                            ("is_released", True),
                            (
                                "quantity__gt",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("shipped"), "+", models.F("allocated")
                                ),
                            ),
                        ),
                        fields=["product"],
                        name="demand_backordered",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("id", "product"), name="demand_and_its_product"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)),
                        name="a_demand_asks_for_units",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "quantity__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("shipped"), "+", models.F("allocated")
                                ),
                            )
                        ),
                        name="no_unit_is_promised_twice_to_a_demand",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("allocated", 0),
                            models.Q(("is_cancelled", False), ("is_released", True)),
                            _connector="OR",
                        ),
                        name="only_released_demand_is_promised_units",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_released", False), ("warehouse__isnull", False), _connector="OR"
                        ),
                        name="released_demand_has_a_warehouse",
                    ),
                    inventory.constraints.CompositeForeignKey(
                        "product",
                        name="demand_is_of_its_products_merchant",
                        same={"merchant": "merchant"},
                    ),
                    inventory.constraints.CompositeForeignKey(
                        "lot", name="demand_lot_product", same={"product": "product"}
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Allocation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("quantity", models.PositiveIntegerField()),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="merchants.merchant",
                    ),
                ),
                (
                    "balance",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allocations",
                        to="inventory.balance",
                    ),
                ),
                (
                    "demand",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allocations",
                        to="inventory.demand",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.product",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("demand", "balance"),
                        name="one_allocation_per_demand_and_balance",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)),
                        name="an_allocation_promises_units",
                    ),
                    inventory.constraints.CompositeForeignKey(
                        "demand", name="allocation_demand", same={"product": "product"}
                    ),
                    inventory.constraints.CompositeForeignKey(
                        "balance",
                        name="allocation_balance",
                        same={"product": "product"},
                    ),
                    inventory.constraints.CompositeForeignKey(
                        "product",
                        name="allocation_is_of_its_products_merchant",
                        same={"merchant": "merchant"},
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="QuarantineCase",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("receiving", "Receiving"),
                            ("customer_return", "Customer return"),
                            ("rts", "RTS"),
                            ("move", "Moved by the warehouse"),
                            ("adjustment", "Adjustment"),
                        ],
                        max_length=20,
                    ),
                ),
                ("reference", models.CharField(blank=True, max_length=64)),
                ("reason", models.CharField(max_length=500)),
                ("may_be_released", models.BooleanField(default=True)),
                ("opened_quantity", models.PositiveIntegerField()),
                ("quantity", models.PositiveIntegerField()),
                ("opened_at", models.DateTimeField()),
                (
                    "balance",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quarantine_cases",
                        to="inventory.balance",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="merchants.merchant",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quarantine_cases",
                        to="inventory.product",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("opened_quantity__gt", 0),
                            ("quantity__lte", models.F("opened_quantity")),
                        ),
                        name="a_case_never_holds_more_than_it_opened_with",
                    ),
                    inventory.constraints.CompositeForeignKey(
                        "balance", name="case_balance", same={"product": "product"}
                    ),
                    inventory.constraints.CompositeForeignKey(
                        "product",
                        name="case_is_of_its_products_merchant",
                        same={"merchant": "merchant"},
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Supply",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("wro_number", models.CharField(max_length=32)),
                ("expected", models.PositiveIntegerField()),
                ("received", models.PositiveIntegerField(default=0)),
                ("stowed", models.PositiveIntegerField(default=0)),
                ("is_open", models.BooleanField(default=True)),
                (
                    "lot",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="supplies",
                        to="inventory.lot",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="merchants.merchant",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="supplies",
                        to="inventory.product",
                    ),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.warehouse",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "supplies",
                "indexes": [
                    models.Index(fields=["merchant", "wro_number"], name="supply_wro_number")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("stowed__lte", models.F("received"))),
                        name="units_are_received_before_they_are_stowed",
                    ),
                    inventory.constraints.CompositeForeignKey(
                        "product",
                        name="supply_is_of_its_products_merchant",
                        same={"merchant": "merchant"},
                    ),
                    inventory.constraints.CompositeForeignKey(
                        "lot", name="supply_lot_product", same={"product": "product"}
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalProduct",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("sku", models.CharField(max_length=64, verbose_name="SKU")),
                ("name", models.CharField(max_length=200)),
                ("barcode", models.CharField(blank=True, max_length=64)),
                (
                    "is_lot_product",
                    models.BooleanField(default=False, verbose_name="Is this a lot product?"),
                ),
                (
                    "lot_entry",
                    models.CharField(
                        choices=[
                            ("either", "Lot number or expiry date"),
                            ("number", "Lot number"),
                            ("expiry", "Expiry date"),
                            ("both", "Lot number and expiry date"),
                        ],
                        default="either",
                        max_length=8,
                        verbose_name="a lot needs",
                    ),
                ),
                (
                    "rotation",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("fefo", "FEFO: first expired, first out"),
                            ("fifo", "FIFO: first received, first out"),
                            ("lefo", "LEFO: longest life first"),
                        ],
                        help_text="Empty: the account's.",
                        max_length=4,
                        null=True,
                    ),
                ),
                (
                    "min_shelf_life_days",
                    models.PositiveIntegerField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(36500)],
                        verbose_name="minimum shelf life (days)",
                    ),
                ),
                (
                    "length_in",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=8,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="length (in)",
                    ),
                ),
                (
                    "width_in",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=8,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="width (in)",
                    ),
                ),
                (
                    "height_in",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=8,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="height (in)",
                    ),
                ),
                (
                    "weight_oz",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=8,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="weight (oz)",
                    ),
                ),
                (
                    "return_action",
                    models.CharField(
                        choices=[
                            ("restock", "Restock"),
                            ("quarantine", "Quarantine"),
                            ("dispose", "Dispose"),
                        ],
                        default="restock",
                        max_length=10,
                        verbose_name="customer returns",
                    ),
                ),
                (
                    "return_backup_action",
                    models.CharField(
                        choices=[("quarantine", "Quarantine"), ("dispose", "Dispose")],
                        default="quarantine",
                        max_length=10,
                        verbose_name="customer returns, backup action",
                    ),
                ),
                (
                    "rts_action",
                    models.CharField(
                        choices=[
                            ("restock", "Restock"),
                            ("quarantine", "Quarantine"),
                            ("dispose", "Dispose"),
                        ],
                        default="restock",
                        max_length=10,
                        verbose_name="RTS",
                    ),
                ),
                (
                    "rts_backup_action",
                    models.CharField(
                        choices=[("quarantine", "Quarantine"), ("dispose", "Dispose")],
                        default="quarantine",
                        max_length=10,
                        verbose_name="RTS, backup action",
                    ),
                ),
                (
                    "return_instructions",
                    models.TextField(blank=True, verbose_name="instructions"),
                ),
                ("created_at", models.DateTimeField()),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")],
                        max_length=1,
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="merchants.merchant",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical product",
                "verbose_name_plural": "historical products",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalWarehouse",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(db_index=True, max_length=32)),
                ("name", models.CharField(max_length=200)),
                (
                    "timezone",
                    models.CharField(
                        default="UTC",
                        max_length=64,
                        validators=[inventory.models.places.is_time_zone],
                    ),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")],
                        max_length=1,
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical warehouse",
                "verbose_name_plural": "historical warehouses",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalLot",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "number",
                    models.CharField(blank=True, max_length=64, verbose_name="lot number"),
                ),
                (
                    "number_key",
                    inventory.models.lots.LotKeyField(editable=False, max_length=192),
                ),
                (
                    "supplier_number",
                    models.CharField(
                        blank=True, max_length=64, verbose_name="supplier's lot number"
                    ),
                ),
                (
                    "expires_on",
                    models.DateField(blank=True, null=True, verbose_name="expiry"),
                ),
                ("manufactured_on", models.DateField(blank=True, null=True)),
                (
                    "date_kind",
                    models.CharField(
                        choices=[
                            ("use_by", "Use by"),
                            ("best_before", "Best before"),
                            ("period_after_opening", "Period after opening"),
                        ],
                        default="best_before",
                        max_length=20,
                        verbose_name="kind of date",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("created_at", models.DateTimeField()),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")],
                        max_length=1,
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="merchants.merchant",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="inventory.product",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical lot",
                "verbose_name_plural": "historical lots",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalLocation",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=64)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("storage", "Storage"),
                            ("dock", "Dock"),
                            ("staging", "Staging"),
                            ("quarantine", "Quarantine"),
                            ("damaged", "Damaged"),
                            ("marketplace", "Marketplace"),
                            ("supplier", "Supplier"),
                            ("customer", "Customer"),
                            ("merchant", "Merchant"),
                            ("disposed", "Disposed"),
                            ("adjustment", "Adjustment"),
                            ("in_transit", "In transit"),
                        ],
                        default="storage",
                        max_length=12,
                    ),
                ),
                (
                    "pickable",
                    models.BooleanField(default=True, help_text="Orders may take units from here."),
                ),
                (
                    "sellable",
                    models.BooleanField(default=True, help_text="Units here may be promised."),
                ),
                (
                    "mixed",
                    models.BooleanField(
                        default=False,
                        help_text="Several lots of one product may stand here together.",
                    ),
                ),
                ("pick_sequence", models.PositiveIntegerField(default=0)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")],
                        max_length=1,
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="inventory.warehouse",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical location",
                "verbose_name_plural": "historical locations",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="LotTrackingSettings",
            fields=[],
            options={
                "verbose_name": "lot-tracking settings",
                "verbose_name_plural": "lot-tracking settings",
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("merchants.merchant",),
        ),
    ]
