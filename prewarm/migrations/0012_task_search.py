from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('prewarm', '0011_pairs_of_day'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='task',
            index=models.Index(fields=['created_at'], name='task_by_age'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(fields=['name'], name='task_by_name'),
        ),
    ]
