import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

import inventory.constraints

PROTECT = django.db.models.deletion.PROTECT


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0010_bins_of_a_size'),
        ('merchants', '0005_digest_email'),
        ('receiving', '0007_contents_of_boxes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Scan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField()),
                ('text', models.CharField(blank=True, max_length=500)),
                ('box', models.PositiveSmallIntegerField(help_text='0: in none of its boxes.', null=True)),
                ('lot_number', models.CharField(blank=True, max_length=64)),
                ('expires_on', models.DateField(null=True)),
                ('quantity', models.PositiveIntegerField(default=0)),
                ('is_damaged', models.BooleanField(default=False)),
                ('wanted', models.PositiveIntegerField(null=True)),
                ('asks', models.CharField(blank=True, choices=[('', 'Nothing'), ('lot', 'The lot'), ('expiry', 'The expiry date')], max_length=6)),
                ('outcome', models.CharField(choices=[('counted', 'Counted'), ('differs', 'Counted, and differs'), ('noted', 'Noted'), ('refused', 'Refused')], max_length=7)),
                ('code', models.CharField(blank=True, max_length=32)),
                ('offers', models.CharField(blank=True, max_length=4)),
                ('told', models.CharField(max_length=500)),
                ('scanned_at', models.DateTimeField()),
                ('undone_at', models.DateTimeField(null=True)),
                ('undone_key', models.UUIDField(null=True)),
                ('posted_at', models.DateTimeField(null=True)),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=PROTECT, related_name='+', to='merchants.merchant')),
                ('wro', models.ForeignKey(db_constraint=False, db_index=False, on_delete=PROTECT, related_name='scans', to='receiving.wro')),
                ('product', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=PROTECT, related_name='+', to='inventory.product')),
                ('supply', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=PROTECT, related_name='+', to='inventory.supply')),
                ('scanned_by', models.ForeignKey(db_index=False, on_delete=PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
                'indexes': [
                    models.Index(fields=['wro', 'scanned_by', 'id'], name='scan_of_a_person'),
                    models.Index(condition=Q(('posted_at', None), ('quantity__gt', 0), ('undone_at', None)), fields=['wro'], name='scan_open'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('wro', 'key'), name='a_scan_counts_once'),
                    models.UniqueConstraint(condition=Q(('undone_key__isnull', False)), fields=('wro', 'undone_key'), name='an_undo_undoes_once'),
                    models.CheckConstraint(condition=Q(('quantity', 0), Q(('outcome__in', ('counted', 'differs')), ('product__isnull', False)), _connector='OR'), name='a_count_is_of_a_product'),
                    models.CheckConstraint(condition=Q(('undone_at', None), ('posted_at', None), _connector='OR'), name='what_is_received_is_not_undone'),
                    inventory.constraints.CompositeForeignKey('wro', name='scan_is_of_its_wros_merchant', same={'merchant': 'merchant'}),
                    inventory.constraints.CompositeForeignKey('product', name='scan_is_of_its_products_merchant', same={'merchant': 'merchant'}),
                ],
            },
        ),
    ]
