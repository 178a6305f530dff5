import pytest
from django.db import IntegrityError

from inventory.models import Warehouse
from inventory.services.checks import while_free
from tests.builders import make_warehouse


@pytest.mark.django_db
def test_what_breaks_another_constraint_is_not_called_taken() -> None:
    make_warehouse("CHI")
    with pytest.raises(IntegrityError), while_free(lambda: None):
        Warehouse.objects.create(code="CHI", name="Chicago", timezone="UTC")
    assert Warehouse.objects.count() == 1
