"""Journeys of people who leave are in no figure, so the reason of a journey is one of the columns that figures depend on."""

from importlib import import_module

from django.db import migrations

TABLE = "onboarding_journey"
mark = import_module("cockpit.migrations.0002_mark_stale")
columns, units = mark.SOURCES[TABLE]


def function(columns):
    """The function alone: the triggers of the table stay and call the new one."""
    return next(mark.create(TABLE, columns, units)).replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    dependencies = [("cockpit", "0005_report_kinds"), ("onboarding", "0001_initial")]
    operations = [migrations.RunSQL([function(f"{columns}, reason")], [function(columns)])]
