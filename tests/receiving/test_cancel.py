import pytest

from inventory.models import Supply
from receiving.errors import WrongStatus
from receiving.services import cancel_wro
from tests.builders import acting
from tests.clock import START
from tests.receiving.builders import arrived, draft, history, line, submitted, topics


def cancel(wro):
    return cancel_wro(wro_id=wro.pk, **acting())


def test_it_works(world, soap):
    wro = cancel(submitted(world, line(soap, 5)))
    assert (wro.status, history(wro)[-1]) == ("cancelled", ("cancelled", START, "house"))
    assert not Supply.objects.open().exists()
    assert topics(wro) == ["created", "submitted", "cancelled"]


def test_a_draft_too(world, soap):
    assert cancel(draft(world, line(soap, 5))).status == "cancelled"


def test_not_once_it_arrived(world, soap):
    wro = arrived(world, line(soap, 5))
    with pytest.raises(WrongStatus) as refused:
        cancel(wro)
    assert str(refused.value) == (
        f"{wro.number} is arrived: only while draft or awaiting can it be cancelled."
    )
    wro.refresh_from_db()
    assert wro.status == "arrived"
    assert Supply.objects.open().exists()
