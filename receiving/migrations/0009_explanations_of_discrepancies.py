from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("receiving", "0008_scans")]

    operations = [migrations.RenameField("discrepancy", "note", "explanation")]
