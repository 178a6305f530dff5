import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import inventory.constraints


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0007_words_of_products'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DisposalRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('action', models.CharField(choices=[('dispose', 'Dispose'), ('return_to_merchant', 'Return to the merchant')], max_length=20)),
                ('quantity', models.PositiveIntegerField(blank=True, null=True)),
                ('reason', models.CharField(max_length=500)),
                ('status', models.CharField(choices=[('requested', 'Requested'), ('done', 'Done'), ('refused', 'Refused'), ('cancelled', 'Cancelled')], default='requested', max_length=10)),
                ('done', models.PositiveIntegerField(default=0)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('requested_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('lot', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='disposal_requests', to='inventory.lot')),
                ('merchant', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
                ('product', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.product')),
                ('requested_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('status', 'requested')), fields=['id'], name='disposal_open')],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('quantity', None), models.Q(('quantity__gt', 0), ('quantity__gte', models.F('done'))), _connector='OR'), name='no_more_is_disposed_of_than_was_asked'),
                    models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('status', 'requested')), models.Q(models.Q(('status', 'requested'), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='an_ended_disposal_says_when'),
                    inventory.constraints.CompositeForeignKey('product', name='disposal_is_of_its_products_merchant', same={'merchant': 'merchant'}),
                    inventory.constraints.CompositeForeignKey('lot', name='disposal_lot_product', same={'product': 'product'}),
                ],
            },
        ),
    ]
