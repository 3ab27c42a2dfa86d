from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('prewarm', '0016_lists_in_order'),
    ]

    operations = [
        migrations.CreateModel(
            name='KnownImage',
            fields=[
                ('mark', models.BigIntegerField(help_text='Of the name, see prewarm.marks.', primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=700)),
                ('bytes', models.BigIntegerField(help_text='As a node told it last; null when none did.', null=True)),
                ('told_at', models.DateTimeField(help_text='When it was last listed or pulled, to the hour or so.')),
            ],
            options={
                'indexes': [models.Index(fields=['name'], name='known_image_by_name'), models.Index(fields=['told_at'], name='known_image_by_time')],
            },
        ),
        migrations.CreateModel(
            name='OwnPull',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('image', models.BigIntegerField(help_text='The mark of its name, see KnownImage.')),
                ('node', models.CharField(max_length=253)),
                ('node_uid', models.CharField(max_length=64)),
                ('digest', models.CharField(blank=True, help_text='As the runtime told it; empty when it did not.', max_length=140)),
                ('bytes', models.BigIntegerField(null=True)),
                ('at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['node'], name='own_pull_by_node'), models.Index(fields=['at'], name='own_pull_by_time')],
                'constraints': [models.UniqueConstraint(fields=('image', 'node'), name='one_own_pull')],
            },
        ),
        migrations.AddField(
            model_name='node',
            name='smallest_listed',
            field=models.BigIntegerField(help_text='Bytes of the smallest of `images`; null when none.', null=True),
        ),
    ]
