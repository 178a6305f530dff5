import django.db.models.deletion
import inventory.constraints
import inventory.models.lots
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('inventory', '0001_initial'),
        ('merchants', '0001_initial'),
        ('merchants', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='WRO',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(blank=True, help_text="The merchant's own number for it, such as its PO.", max_length=64)),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('awaiting', 'Awaiting'), ('arrived', 'Arrived'), ('processing', 'Processing'), ('completed', 'Completed'), ('cancelled', 'Cancelled')], default='draft', max_length=10)),
                ('package_type', models.CharField(choices=[('box', 'Boxes'), ('pallet', 'Pallets'), ('container', 'Container')], default='box', max_length=9, verbose_name='sent as')),
                ('expected_arrival_on', models.DateField(blank=True, null=True, verbose_name='expected arrival')),
                ('completed_short', models.BooleanField(default=False, editable=False)),
                ('created_at', models.DateTimeField(editable=False)),
                ('submitted_at', models.DateTimeField(editable=False, null=True)),
                ('arrived_at', models.DateTimeField(editable=False, null=True)),
                ('completed_at', models.DateTimeField(editable=False, null=True)),
                ('cancelled_at', models.DateTimeField(editable=False, null=True)),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('merchant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
                ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.warehouse')),
            ],
            options={
                'verbose_name': 'WRO',
                'verbose_name_plural': 'WROs',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['merchant', 'id'], name='wro_of_a_merchant'), models.Index(fields=['status'], name='wro_status')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('reference', ''), _negated=True), fields=('merchant', 'reference'), name='wro_reference_is_unique_per_merchant', violation_error_message='Another WRO has this reference.'), models.UniqueConstraint(fields=('id', 'merchant'), name='wro_and_its_merchant'), models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'awaiting', 'arrived', 'processing', 'completed', 'cancelled'])), name='wro_status_is_known')],
            },
        ),
        migrations.CreateModel(
            name='Line',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('quantity', models.PositiveIntegerField()),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
                ('product', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.product')),
                ('supply', models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='wro_line', to='inventory.supply')),
                ('wro', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='receiving.wro')),
            ],
            options={
                'verbose_name': 'WRO line',
                'ordering': ['wro', 'position'],
                'constraints': [models.UniqueConstraint(fields=('wro', 'product'), name='one_line_per_product_of_a_wro'), models.UniqueConstraint(fields=('id', 'merchant', 'product'), name='wro_line_and_its_product'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='a_wro_line_announces_units'), inventory.constraints.CompositeForeignKey('wro', name='wro_line_is_of_its_wros_merchant', same={'merchant': 'merchant'}), inventory.constraints.CompositeForeignKey('product', name='wro_line_is_of_its_products_merchant', same={'merchant': 'merchant'})],
            },
        ),
        migrations.CreateModel(
            name='Discrepancy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('type', models.CharField(choices=[('no_wro', 'No WRO'), ('overage', 'Overage'), ('short', 'Short'), ('lot_mismatch', 'Lot mismatch'), ('expiry_mismatch', 'Expiry mismatch'), ('expired_on_arrival', 'Expired on arrival'), ('short_dated_on_arrival', 'Short-dated on arrival'), ('damaged', 'Damaged'), ('unlisted_product', 'Unlisted product'), ('unreadable_barcode', 'Unreadable barcode')], max_length=22)),
                ('lot_number', models.CharField(blank=True, max_length=64)),
                ('expires_on', models.DateField(null=True)),
                ('quantity', models.PositiveIntegerField()),
                ('status', models.CharField(choices=[('open', 'Open'), ('resolved', 'Resolved')], default='open', max_length=8)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('opened_at', models.DateTimeField()),
                ('lot', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='discrepancies', to='inventory.lot')),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
                ('opened_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('product', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.product')),
                ('wro', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='discrepancies', to='receiving.wro')),
            ],
            options={
                'verbose_name_plural': 'discrepancies',
                'ordering': ['id'],
                'indexes': [models.Index(condition=models.Q(('status', 'open')), fields=['merchant'], name='discrepancy_open')],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='a_discrepancy_is_about_units'), inventory.constraints.CompositeForeignKey('wro', name='discrepancy_is_of_its_wros_merchant', same={'merchant': 'merchant'}), inventory.constraints.CompositeForeignKey('product', name='discrepancy_is_of_its_products_merchant', same={'merchant': 'merchant'}), inventory.constraints.CompositeForeignKey('lot', name='discrepancy_lot', same={'product': 'product'})],
            },
        ),
        migrations.CreateModel(
            name='Box',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('tracking_number', models.CharField(blank=True, max_length=64)),
                ('wro', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='boxes', to='receiving.wro')),
            ],
            options={
                'verbose_name_plural': 'boxes',
                'ordering': ['wro', 'position'],
                'constraints': [models.UniqueConstraint(fields=('wro', 'position'), name='one_box_per_place_of_a_wro'), models.CheckConstraint(condition=models.Q(('position__lte', 50)), name='a_wro_has_at_most_50_boxes', violation_error_message='A WRO has at most 50 boxes.')],
            },
        ),
        migrations.CreateModel(
            name='LotLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('number', models.CharField(blank=True, max_length=64, verbose_name='lot number')),
                ('number_key', inventory.models.lots.LotKeyField(editable=False, max_length=128)),
                ('expires_on', models.DateField(blank=True, null=True, verbose_name='expiry')),
                ('quantity', models.PositiveIntegerField()),
                ('line', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='lots', to='receiving.line')),
                ('lot', models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='wro_lots', to='inventory.lot')),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
                ('product', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.product')),
                ('supply', models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='wro_lot_line', to='inventory.supply')),
            ],
            options={
                'verbose_name': 'WRO lot',
                'ordering': ['line', 'position'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('number_key', ''), _negated=True), fields=('line', 'number_key'), name='a_lot_number_once_per_wro_line'), models.UniqueConstraint(condition=models.Q(('number_key', '')), fields=('line', 'expires_on'), name='an_unnumbered_lot_once_per_wro_line'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='a_wro_lot_announces_units'), models.CheckConstraint(condition=models.Q(models.Q(('number_key', ''), _negated=True), ('expires_on__isnull', False), _connector='OR'), name='a_wro_lot_has_a_number_or_an_expiry'), inventory.constraints.CompositeForeignKey('line', name='wro_lot_is_of_its_lines_product', same={'merchant': 'merchant', 'product': 'product'}), inventory.constraints.CompositeForeignKey('lot', name='wro_lot_and_its_lot', same={'product': 'product'})],
            },
        ),
    ]
