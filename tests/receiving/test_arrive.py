import pytest

from receiving.errors import WrongStatus
from receiving.services import arrive_wro
from tests.builders import acting
from tests.receiving.builders import draft, history, line, submitted, topics


def test_it_works(world, soap, clock):
    wro = submitted(world, line(soap, 5))
    now = clock.advance(days=2)
    wro = arrive_wro(wro_id=wro.pk, **acting())
    assert (wro.status, history(wro)[-1]) == ("arrived", ("arrived", now, "house"))
    assert topics(wro) == ["created", "submitted", "arrived"]


def test_a_draft_cannot_arrive(world, soap):
    wro = draft(world, line(soap, 5))
    with pytest.raises(WrongStatus):
        arrive_wro(wro_id=wro.pk, **acting())
    wro.refresh_from_db()
    assert (wro.status, len(history(wro))) == ("draft", 1)


def test_it_arrives_once(world, soap):
    wro = arrive_wro(wro_id=submitted(world, line(soap, 5)).pk, **acting())
    with pytest.raises(WrongStatus):
        arrive_wro(wro_id=wro.pk, **acting())
    assert topics(wro) == ["created", "submitted", "arrived"]
