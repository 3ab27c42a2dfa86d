from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0011_tenant_max_webhooks'),
    ]

    operations = [
        migrations.AddField(
            model_name='tenant',
            name='followed_namespaces',
            field=models.JSONField(blank=True, help_text='The namespaces whose workloads its policies may follow; empty for none.', null=True),
        ),
    ]
