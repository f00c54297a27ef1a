from django.db import migrations, models


def usual_offices(apps, schema_editor):
    apps.get_model("branches", "Office").objects.filter(slug="treasurer").update(keeps_money=True)


class Migration(migrations.Migration):
    dependencies = [("branches", "0005_unit_levels")]
    operations = [
        migrations.AddField(
            "office",
            "keeps_money",
            models.BooleanField(default=False, help_text="Books what the unit spends.", verbose_name="keeps the money"),
        ),
        migrations.RunPython(usual_offices, migrations.RunPython.noop),
    ]
