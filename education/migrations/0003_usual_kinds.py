"""An installation gets the usual kinds of events; what a party renames or adds later stays as it is."""

from django.db import migrations


def install(apps, schema_editor):
    from education import kinds

    kinds.install(apps.get_model("education", "EventKind"))


class Migration(migrations.Migration):
    dependencies = [("education", "0002_event_pages")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
