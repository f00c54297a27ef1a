import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def keep(apps, schema_editor):
    """Years closed before: who and when becomes the first turn of each."""
    Budget, YearTurn = apps.get_model("planning", "Budget"), apps.get_model("planning", "YearTurn")
    closed = Budget.objects.filter(closed_at__isnull=False, closed_by__isnull=False)
    YearTurn.objects.bulk_create(YearTurn(budget=one, opens=False, by_id=one.closed_by_id, at=one.closed_at) for one in closed)


class Migration(migrations.Migration):
    dependencies = [
        ("planning", "0006_receipt_without_type"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="YearTurn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("opens", models.BooleanField()),
                ("at", models.DateTimeField()),
                ("budget", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="turns", to="planning.budget")),
                ("by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={"ordering": ["at", "pk"]},
        ),
        migrations.RunPython(keep, migrations.RunPython.noop),
        migrations.RemoveField(model_name="budget", name="closed_by"),
    ]
