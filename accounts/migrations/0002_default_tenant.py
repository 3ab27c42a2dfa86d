"""The tenant that an installation of one team lives in and never hears of."""

from django.db import migrations


def make_default_tenant(apps, schema_editor):
    Tenant = apps.get_model("accounts", "Tenant")
    Tenant.objects.using(schema_editor.connection.alias).get_or_create(slug="default", defaults={"name": "Default"})


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_accounts")]

    operations = [migrations.RunPython(make_default_tenant, migrations.RunPython.noop)]
