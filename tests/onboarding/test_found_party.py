import pytest
from django.core.management import CommandError, call_command

from branches.models import Unit, User
from onboarding.models import Step


@pytest.mark.django_db
def test_a_new_installation_gets_its_root_standard_and_first_administrator(capsys, client):
    call_command("found_party", "Musterstadt", "--slug", "musterstadt", "--admin", "Ada@Example.org", "--admin-name", "Ada Reiter")
    root, ada = Unit.objects.get(slug="musterstadt"), User.objects.get(email="ada@example.org")
    assert ada.right_on(root) == 3 and ada.appointments_now[0].below
    assert Step.objects.filter(standard__unit=root, locked=True).count() == 3
    path = "/" + capsys.readouterr().out.strip().split("/", 3)[3]
    client.post(path)
    assert client.get("/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(("change", "words"), [({"--kind": "empire"}, "kind"), ({"--admin": "nobody"}, "E-Mail|email"), ({"--slug": "not a slug"}, "Slug|slug|Buchstaben|gültig")])
def test_what_cannot_be_founded_is_said_and_leaves_nothing(change, words):
    options = {"--slug": "musterstadt", "--admin": "ada@example.org", "--admin-name": "Ada Reiter"} | change
    with pytest.raises(CommandError, match=words):
        call_command("found_party", "Musterstadt", *[word for pair in options.items() for word in pair])
    assert not Unit.objects.exists() and not User.objects.exists()
