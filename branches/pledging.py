"""The confidentiality form of a unit: its text, who has accepted it, and the right that waits for it where the unit asks for it first."""

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import get_language

from branches.models import Appointment, Pledge, PledgeText, Unit, ancestor_paths, settings_of
from branches.scope import Right
from common.labels import localized

# What parties usually ask for, to begin with; a unit writes its own.
USUAL = {
    "de": (
        "Ich gehe mit den Daten unserer Mitglieder vertraulich um. Dass jemand Mitglied einer Partei ist, ist besonders geschützt (Art. 9 DSGVO). "
        "Ich nutze die Daten nur für mein Amt, gebe sie niemandem weiter, der sie nicht für ein Amt braucht, hebe keine eigenen Listen auf und "
        "lösche, was ich mitgenommen habe, wenn mein Amt endet. Das gilt auch danach."
    ),
    "he": (
        "הנתונים של חברות וחברי המפלגה יישמרו אצלי בסודיות. עצם החברות במפלגה הוא מידע בעל הגנה מיוחדת. "
        "השימוש בנתונים ייעשה רק לצורך התפקיד, הם לא יועברו למי שאינו זקוק להם לתפקידו, לא יישמרו אצלי רשימות פרטיות, "
        "ובתום התפקיד יימחק כל מה שברשותי. ההתחייבות נמשכת גם לאחר מכן."
    ),
    "en": (
        "I keep the data of our members confidential. That somebody is a member of a party is specially protected (Art. 9 GDPR). "
        "I use the data for my office only, pass them on to nobody who does not need them for an office, keep no lists of my own, and delete "
        "what I took with me when my office ends. This holds afterwards too."
    ),
}


def text_for(unit):
    """The PledgeText that counts for `unit`: the newest one of the nearest unit that has any; None without one."""
    return PledgeText.objects.filter(unit__path__in=unit.ancestor_paths()).select_related("unit").order_by("-unit__path", "-version").first()


def has_accepted(user, form):
    """Whether `user` has accepted `form` or an earlier version of it: a changed text is asked for with the next office."""
    return Pledge.objects.filter(user=user, form__unit=form.unit_id).exists()


def write(unit, texts, by, now):
    """Keep `texts` ({language: text}) as the form of `unit`; a new version where they differ. Returns the PledgeText."""
    last = unit.pledge_texts.first()
    if last and last.texts == texts:
        return last
    return unit.pledge_texts.create(version=last.version + 1 if last else 1, texts=texts, by=by, at=now)


def hold_back(appointment):
    """Where the unit asks for the form first and it is not accepted: let `appointment` (not saved here) see only, for the time being."""
    appointment.held_back = None
    form = text_for(appointment.unit) if appointment.right > Right.SEE and appointment.unit.setting("pledge_first") else None
    if form and not has_accepted(appointment.user, form):
        appointment.right, appointment.held_back = Right.SEE, appointment.right


@transaction.atomic
def accept(user, form, name, now):
    """`user` signs `form` as `name`, in the active language; the rights that waited for it begin. Twice is once. Returns the Pledge."""
    pledge, _new = Pledge.objects.get_or_create(
        user=user, form=form, defaults={"at": now, "name": name, "language": get_language()[:2], "text": localized(form.texts)}
    )
    waiting = Appointment.objects.filter(user=user, held_back__isnull=False, unit__path__startswith=form.unit.path).select_related("unit")
    _give([appointment for appointment in waiting if (own := text_for(appointment.unit)) and own.unit_id == form.unit_id])
    return pledge


def _give(appointments):
    for appointment in appointments:
        appointment.right, appointment.held_back = appointment.held_back, None
    Appointment.objects.bulk_update(appointments, ["right", "held_back"], 1000)


@transaction.atomic
def ask_first(unit, first):
    """Switch for `unit` and below whether the form comes before contact data, for those in office too. Returns how many rights changed."""
    unit.settings = unit.settings | {"pledge_first": first}
    unit.save(update_fields=["settings"])
    units = Unit.objects.below(unit)
    asks = settings_of(units, "pledge_first")
    forms: dict = {}
    for path, pk in PledgeText.objects.order_by("version").values_list("unit__path", "unit"):
        forms[path] = pk
    nearest = {pk: next((forms[up] for up in ancestor_paths(path) if up in forms), None) for pk, path in units.values_list("pk", "path")}
    held = []
    for form_unit in {form for pk, form in nearest.items() if form and asks[pk]}:
        own = [pk for pk, form in nearest.items() if form == form_unit and asks[pk]]
        signed = Pledge.objects.filter(user=OuterRef("user"), form__unit=form_unit)
        held += Appointment.objects.filter(~Exists(signed), unit__in=own, right__gt=Right.SEE)
    given = list(Appointment.objects.filter(held_back__isnull=False, unit__in=[pk for pk, value in asks.items() if not value]))
    for appointment in held:
        appointment.right, appointment.held_back = Right.SEE, appointment.right
    Appointment.objects.bulk_update(held, ["right", "held_back"], 1000)
    _give(given)
    return len(held) + len(given)


def to_accept(user, on):
    """[(PledgeText, whether accepted)] for the terms of `user` that run on the day `on` or are still to come."""
    terms = Appointment.objects.filter(Q(ends_on=None) | Q(ends_on__gt=on), user=user).select_related("unit")
    forms = {form.unit_id: form for unit in {term.unit for term in terms} if (form := text_for(unit))}
    return [(form, has_accepted(user, form)) for form in forms.values()]
