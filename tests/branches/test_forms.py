"""Two people with the same form open: the second reads what the first one wrote before it is overwritten."""

import pytest
from django.urls import reverse

from branches.models import UnitKind
from tests import factories as make

FIELDS = {
    "unit_edit": ("name", "Altdorf Nord", "Altdorf Süd"),
    "unit_settings": ("amber_days", "5", "9"),
    "kind_edit": ("label_en", "Club", "Chapter"),
    "appointment_edit": ("ends_on", "2030-01-01", "2031-01-01"),
}


@pytest.fixture
def asked(tree, cast):
    """{url name: its arguments}"""
    return {
        "unit_edit": [tree.a.slug], "unit_settings": [tree.a.slug], "kind_edit": [UnitKind.objects.get(slug="branch").slug],
        "appointment_edit": [cast.secretary_a.appointments.get().pk],
    }  # fmt: skip


def shown(client, address):
    """What a browser would send back of the form at `address`."""
    form = client.get(address).context["form"]
    values = {bound.html_name: bound.value() for bound in form}
    return {name: ("on" if value is True else value) for name, value in values.items() if value not in (None, False)}


@pytest.mark.parametrize("name", FIELDS)
def test_nobody_overwrites_what_somebody_else_saved_meanwhile(name, tree, cast, asked, sign_in):
    make.appoint(cast.admin, "administrator", tree.foreign)  # kinds are for who leads every party
    client, address = sign_in(cast.admin), reverse(f"branches:{name}", args=asked[name])
    field, first, second = FIELDS[name]
    mine = shown(client, address)
    assert client.post(address, mine | {field: first}).status_code == 302
    refused = client.post(address, mine | {field: second})
    assert refused.status_code == 422 and refused.context["form"][field].value() == second
    assert str(shown(client, address)[field]) == first
    again = mine | {field: second, "version": refused.context["form"]["version"].value()}
    assert client.post(address, again).status_code == 302 and str(shown(client, address)[field]) == second
