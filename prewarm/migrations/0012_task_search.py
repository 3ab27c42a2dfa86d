from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('prewarm', '0011_pairs_of_day'),
    ]

    operations = [
        migrations.AlterModelOptions(name='batch', options={'verbose_name_plural': 'batches'}),
        migrations.AlterModelOptions(name='duty', options={'verbose_name_plural': 'duties'}),
        migrations.AlterModelOptions(name='pairsofday', options={'verbose_name_plural': 'pairs of days'}),
        migrations.AlterModelOptions(name='tally', options={'verbose_name_plural': 'tallies'}),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(fields=['created_at'], name='task_by_age'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(fields=['name'], name='task_by_name'),
        ),
    ]
