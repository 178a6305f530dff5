import django.db.models.deletion
import inventory.constraints
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('fulfillment', '0001_initial'),
        ('inventory', '0001_initial'),
        ('merchants', '0001_initial'),
        ('merchants', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Return',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('customer_return', 'Customer return'), ('rts', 'RTS')], max_length=16)),
                ('reference', models.CharField(blank=True, help_text="The merchant's own number of the return.", max_length=64)),
                ('status', models.CharField(choices=[('awaiting', 'Awaiting arrival'), ('arrived', 'Arrived'), ('processing', 'Processing'), ('completed', 'Completed'), ('cancelled', 'Cancelled')], default='awaiting', max_length=10)),
                ('created_at', models.DateTimeField()),
                ('arrived_at', models.DateTimeField(blank=True, null=True)),
                ('completed_at', models.DateTimeField(blank=True, null=True)),
                ('cancelled_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('merchant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='returns', to='merchants.merchant')),
                ('order', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='returns', to='fulfillment.order')),
                ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.warehouse')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['merchant', 'id'], name='return_merchant_id')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('reference', ''), _negated=True), fields=('merchant', 'reference'), name='return_reference_is_unique_per_merchant', violation_error_message='This merchant already has a return with this reference.'), models.UniqueConstraint(fields=('id', 'merchant'), name='return_and_its_merchant'), inventory.constraints.CompositeForeignKey('order', name='return_is_of_its_orders_merchant', same={'merchant': 'merchant'})],
            },
        ),
        migrations.CreateModel(
            name='ReturnLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField()),
                ('requested_action', models.CharField(choices=[('default', 'Default'), ('restock', 'Restock'), ('quarantine', 'Quarantine'), ('dispose', 'Dispose')], default='default', max_length=10)),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='returns.return', verbose_name='return')),
                ('lot', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='return_lines', to='inventory.lot')),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
                ('product', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='return_lines', to='inventory.product')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('id', 'product'), name='return_line_and_its_product'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='a_return_line_announces_units'), inventory.constraints.CompositeForeignKey('document', name='return_line_is_of_its_returns_merchant', same={'merchant': 'merchant'}), inventory.constraints.CompositeForeignKey('lot', name='return_line_lot_product', same={'product': 'product'}), inventory.constraints.CompositeForeignKey('product', name='return_line_is_of_its_products_merchant', same={'merchant': 'merchant'})],
            },
        ),
        migrations.CreateModel(
            name='Disposition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('action', models.CharField(choices=[('restock', 'Restock'), ('quarantine', 'Quarantine'), ('dispose', 'Dispose')], max_length=10)),
                ('rule', models.CharField(choices=[('lot_on_hold', 'The lot is on hold'), ('lot_unknown', 'The lot is unknown'), ('lot_product_customer_return', 'Customer returns of lot products are not restocked'), ('inspection_failed', 'Inspection failed'), ('expired', 'The lot is expired'), ('below_min_shelf_life', 'Below the minimum shelf life'), ('requested', 'Requested by the merchant'), ('preference', "The product's preference")], max_length=32)),
                ('explanation', models.CharField(max_length=1000)),
                ('quantity', models.PositiveIntegerField()),
                ('passed', models.BooleanField(verbose_name='passed inspection')),
                ('lot_number', models.CharField(blank=True, max_length=64, verbose_name='lot number as read')),
                ('expires_on', models.DateField(blank=True, null=True, verbose_name='expiry as read')),
                ('note', models.CharField(blank=True, max_length=500)),
                ('decided_at', models.DateTimeField()),
                ('decided_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.location')),
                ('lot', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='dispositions', to='inventory.lot')),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
                ('posting', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dispositions', to='inventory.posting')),
                ('product', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.product')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dispositions', to='returns.returnline')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='a_disposition_is_of_units'), inventory.constraints.CompositeForeignKey('line', name='disposition_line_product', same={'product': 'product'}), inventory.constraints.CompositeForeignKey('lot', name='disposition_lot_product', same={'product': 'product'}), inventory.constraints.CompositeForeignKey('posting', name='disposition_posting_merchant', same={'merchant': 'merchant'}), inventory.constraints.CompositeForeignKey('product', name='disposition_is_of_its_products_merchant', same={'merchant': 'merchant'})],
            },
        ),
    ]
