"""Encrypt the secrets of second factors that were made before they were kept encrypted."""

from django.db import migrations


def encrypt(apps, schema_editor):
    from allauth.mfa.adapter import get_adapter

    adapter = get_adapter()
    for row in apps.get_model("mfa", "Authenticator").objects.filter(type__in=["totp", "recovery_codes"]):
        for name in {"secret", "seed"} & row.data.keys():
            row.data[name] = adapter.encrypt(row.data[name])
        if codes := row.data.get("migrated_codes"):
            row.data["migrated_codes"] = [adapter.encrypt(code) for code in codes]
        row.save(update_fields=["data"])


class Migration(migrations.Migration):
    dependencies = [("branches", "0002_sign_in_limits"), ("mfa", "0003_authenticator_type_uniq")]

    operations = [migrations.RunPython(encrypt, migrations.RunPython.noop)]
