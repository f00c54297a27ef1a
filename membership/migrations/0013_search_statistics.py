from django.db import migrations


class Migration(migrations.Migration):
    """Without more samples the planner takes three letters for rare, and walks a section's handful of members last instead of first."""

    dependencies = [("membership", "0012_traces_compared")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE membership_member ALTER COLUMN search_name SET STATISTICS 500",
            "ALTER TABLE membership_member ALTER COLUMN search_name SET STATISTICS -1",
        )
    ]
