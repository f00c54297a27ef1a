"""What an address may hold."""

import pytest
from django.urls import resolve
from django.urls.exceptions import Resolver404

from tests import access


def test_no_address_takes_a_text_that_the_database_does_not():
    assert not [route for route in access.addresses().values() if "<str:" in route]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/cockpit/%s/", "/units/%s/", "/units/%s/standard/", "/lists/1/rows/%s/", "/kinds/%s/"])
def test_an_address_with_a_nul_belongs_to_nothing(address, cast, sign_in):
    assert resolve(address % "x")
    with pytest.raises(Resolver404):
        resolve(address % "\0")
    assert sign_in(cast.admin).get(address % "%00").status_code == 404
