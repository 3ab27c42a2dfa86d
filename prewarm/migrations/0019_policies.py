import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0013_followed_namespaces'),
        ('prewarm', '0018_schedules'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AskedPairs',
            fields=[
                ('task', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='asked_pairs', serialize=False, to='prewarm.task')),
                ('groups', models.JSONField()),
            ],
            options={
                'verbose_name_plural': 'asked pairs',
            },
        ),
        migrations.AddField(
            model_name='node',
            name='ready_changed_at',
            field=models.DateTimeField(help_text='Since when it is Ready, or not, as the cluster tells.', null=True),
        ),
        migrations.AddField(
            model_name='nodeview',
            name='changed_at',
            field=models.DateTimeField(help_text='When a node last came, went or changed.', null=True),
        ),
        migrations.CreateModel(
            name='Policy',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=100)),
                ('images', models.JSONField(default=list)),
                ('image_lists', models.JSONField(default=list, help_text='Ids of lists of the image library.')),
                ('follow', models.JSONField(help_text='Namespaces, label selector and kinds of the workloads to follow.', null=True)),
                ('node_selector', models.CharField(blank=True, max_length=2048)),
                ('node_names', models.JSONField(default=list)),
                ('all_nodes', models.BooleanField(default=False)),
                ('settle_seconds', models.PositiveIntegerField(default=30, help_text='How long a node is Ready before it is pulled on.')),
                ('recheck_seconds', models.PositiveIntegerField(default=300, help_text='How often it is looked at without news.')),
                ('nodes_per_minute', models.PositiveIntegerField(default=60, help_text='The most nodes that it asks for in a minute.')),
                ('priority', models.PositiveSmallIntegerField(default=2)),
                ('task', models.JSONField(default=dict, help_text='What its tasks are asked for with.')),
                ('paused_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('changed_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('new', 'New'), ('covered', 'Covered'), ('gap', 'Gap'), ('cannot', 'Cannot')], default='new', max_length=8)),
                ('state_since', models.DateTimeField(null=True)),
                ('problem', models.CharField(blank=True, help_text='What keeps it from covering everything.', max_length=500)),
                ('waits_for', models.CharField(blank=True, help_text='What the last pass waited for.', max_length=32)),
                ('nodes', models.PositiveIntegerField(default=0)),
                ('pairs', models.PositiveIntegerField(default=0)),
                ('warm', models.PositiveIntegerField(default=0)),
                ('missing', models.PositiveIntegerField(default=0)),
                ('unknown', models.PositiveIntegerField(default=0)),
                ('checked_at', models.DateTimeField(null=True)),
                ('wanted', models.JSONField(default=list)),
                ('followed', models.JSONField(null=True)),
                ('unabsorbed', models.JSONField(default=list, help_text='Ids of its tasks whose results no pass has taken over yet.')),
                ('asked', models.JSONField(default=list, help_text='Its last minute: pairs of a time and a number of nodes.')),
                ('due_at', models.DateTimeField()),
                ('token', models.PositiveBigIntegerField(default=0)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='policies', to='accounts.tenant')),
            ],
            options={
                'verbose_name_plural': 'policies',
            },
        ),
        migrations.AddField(
            model_name='task',
            name='policy',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='tasks', to='prewarm.policy', db_constraint=False),
        ),
        migrations.CreateModel(
            name='PolicyNode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('node', models.CharField(max_length=253)),
                ('uid', models.CharField(blank=True, max_length=64)),
                ('since', models.DateTimeField(help_text="Since when the node is one of the policy's.")),
                ('blocked', models.CharField(blank=True, help_text='Why nothing is pulled there now: a reason code.', max_length=32)),
                ('open', models.BooleanField(default=False, help_text='Whether something is missing or not known there.')),
                ('gaps', models.JSONField(default=list)),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='policy_nodes', to='prewarm.policy')),
            ],
        ),
        migrations.AddIndex(
            model_name='policy',
            index=models.Index(fields=['due_at'], name='policy_due'),
        ),
        migrations.AddConstraint(
            model_name='policy',
            constraint=models.UniqueConstraint(fields=('tenant', 'name'), name='one_policy_of_a_name'),
        ),
        migrations.AddIndex(
            model_name='policynode',
            index=models.Index(fields=['policy', 'open'], name='policy_node_open'),
        ),
        migrations.AddConstraint(
            model_name='policynode',
            constraint=models.UniqueConstraint(fields=('policy', 'node'), name='one_row_per_policy_and_node'),
        ),
        migrations.AlterField(
            model_name='task',
            name='spec_version',
            field=models.PositiveSmallIntegerField(db_default=1, default=2),
        ),
    ]
