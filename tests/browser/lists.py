"""A member list made from the invented members, and the way through the wizard up to its difference."""

import csv
import io
from datetime import timedelta

from django.utils import timezone

from membership.models import Member

STATUS = {"full": "Mitglied", "guest": "Gastmitglied", "supporter": "Unterstützer"}
JOINED, GONE, MOVED, CHANGED = "Oksana Dorn", "300000014", "300000028", "300000042"


def next_list():
    """Next month's list as a membership system writes it: one person joined, one moved, one has another mail, one is gone."""
    today = timezone.localdate()
    sheet = io.StringIO()
    rows = csv.writer(sheet, delimiter=";")
    rows.writerow("Mitgliedsnr. Vorname Name Geb.-Datum Geschlecht Mobil E-Mail Eintritt OV Status".split())
    for member in Member.objects.active().exclude(number=GONE).select_related("home_unit"):
        unit, email = member.home_unit.name, member.email
        if member.number == MOVED:
            unit = "Prohlis" if unit != "Prohlis" else "Plauen"
        if member.number == CHANGED:
            email = "neue-adresse@example.org"
        rows.writerow(
            [
                *(member.number, member.given_name, member.family_name, f"{member.birth_date:%d.%m.%Y}"),
                *({"f": "w"}.get(member.gender, member.gender), member.mobile, email, f"{member.joined_on:%d.%m.%Y}"),
                *(unit, STATUS[member.status]),
            ]
        )
    joined_on = today - timedelta(days=12)
    rows.writerow(["390000001", *JOINED.split(), "07.05.1998", "w", "0151 0123457", "", f"{joined_on:%d.%m.%Y}", "Pieschen", "Mitglied"])
    return sheet.getvalue().encode("utf-8-sig")


def show_the_difference(one):
    """Hand the list in and confirm the guessed columns; returns the page of the difference."""
    page = one.open("/lists/add/")
    page.locator("input[type=file]").set_input_files({"name": "liste.csv", "mimeType": "text/csv", "buffer": next_list()})
    page.get_by_role("button", name=one.say("Hand in"), exact=True).click()
    page.get_by_role("button", name=one.say("Show the difference")).click()
    page.locator("form#apply").wait_for()
    return page
