import django.db.models.deletion
import inventory.constraints
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('inventory', '0001_initial'),
        ('merchants', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(blank=True, help_text="The merchant's own number of the order.", max_length=64)),
                ('channel', models.CharField(choices=[('dtc', 'Direct to consumer'), ('b2b', 'Business to business'), ('fba', 'Fulfilled by Amazon')], default='dtc', max_length=3)),
                ('ship_to', models.JSONField(blank=True, default=dict)),
                ('priority', models.IntegerField(default=0, help_text='Higher is served first.')),
                ('note', models.TextField(blank=True)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('merchant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='merchants.merchant')),
                ('warehouse', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.warehouse')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['merchant', 'id'], name='order_merchant_id')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('reference', ''), _negated=True), fields=('merchant', 'reference'), name='order_reference_is_unique_per_merchant', violation_error_message='This merchant already has an order with this reference.'), models.UniqueConstraint(fields=('id', 'merchant'), name='order_and_its_merchant')],
            },
        ),
        migrations.CreateModel(
            name='OrderLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('demand', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='order_line', to='inventory.demand')),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
                ('order', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='fulfillment.order')),
                ('product', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.product')),
            ],
            options={
                'ordering': ['order', 'position'],
                'constraints': [models.UniqueConstraint(fields=('order', 'position'), name='one_line_per_place_in_an_order'), inventory.constraints.CompositeForeignKey('order', name='order_line_is_of_its_orders_merchant', same={'merchant': 'merchant'}), inventory.constraints.CompositeForeignKey('demand', name='order_line_is_of_its_demands_product', same={'product': 'product'}), inventory.constraints.CompositeForeignKey('product', name='order_line_is_of_its_products_merchant', same={'merchant': 'merchant'})],
            },
        ),
        migrations.CreateModel(
            name='Shipment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tracking_number', models.CharField(blank=True, max_length=64)),
                ('shipped_at', models.DateTimeField()),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shipments', to='fulfillment.order')),
                ('posting', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='shipment', to='inventory.posting')),
                ('shipped_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
                'constraints': [inventory.constraints.CompositeForeignKey('order', name='shipment_is_of_its_orders_merchant', same={'merchant': 'merchant'}), inventory.constraints.CompositeForeignKey('posting', name='shipment_is_of_its_postings_merchant', same={'merchant': 'merchant'})],
            },
        ),
    ]
