from django.db import migrations, models


def stop_idle_clocks(apps, schema_editor):
    """`clock_at` used to be left standing when nothing was in flight; now it says that the clock runs."""
    Task = apps.get_model("prewarm", "Task")
    Task.objects.using(schema_editor.connection.alias).filter(in_flight=0).update(clock_at=None)


class Migration(migrations.Migration):
    dependencies = [("prewarm", "0002_settings")]

    operations = [
        migrations.AddField(
            model_name="batch",
            name="waits_for",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="A limit's name or a word; what holds it up.",
                max_length=300,
            ),
        ),
        migrations.AlterField(
            model_name="task",
            name="clock_at",
            field=models.DateTimeField(help_text="Since when the clock runs uncounted.", null=True),
        ),
        migrations.AlterField(
            model_name="task",
            name="clock_seconds",
            field=models.FloatField(default=0, help_text="Seconds on the task's clock, see prewarm.task_clock."),
        ),
        migrations.RunPython(stop_idle_clocks, migrations.RunPython.noop),
    ]
