from django.db import migrations


class Migration(migrations.Migration):
    """The table of the default cache: how often somebody tried to sign in, and which one-time codes are used."""

    dependencies = [("branches", "0001_initial")]
    operations = [
        migrations.RunSQL(
            """
            CREATE TABLE sign_in_limits (cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL);
            CREATE INDEX sign_in_limits_expires ON sign_in_limits (expires);
            """,
            "DROP TABLE sign_in_limits",
        )
    ]
