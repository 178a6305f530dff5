from datetime import date

import pytest

from inventory.models import Supply
from receiving.errors import UnitsAtDock, WrongStatus
from receiving.services import Count, StowLine, complete_wro
from tests.builders import acting
from tests.receiving.builders import (
    arrived,
    count,
    discrepancies,
    history,
    line,
    put_away,
    received,
    submitted,
    topics,
)

SOON = date(2026, 10, 31)


def complete(wro):
    return complete_wro(wro_id=wro.pk, **acting())


def test_it_works(world, soap, clock):
    wro = received(world, line(soap, 5))
    put_away(wro, StowLine(soap, 5, "A-01"))
    now = clock.advance(hours=3)
    wro = complete(wro)
    assert (wro.status, wro.completed_short) == ("completed", False)
    assert history(wro)[-1] == ("completed", now, "house")
    assert not Supply.objects.open().exists()
    assert discrepancies(wro) == []
    assert topics(wro)[-1] == "completed"


def test_units_missing_complete_it_short_and_say_so(world, vitamin, soap):
    lots = [("VC-A", SOON, 100), ("VC-B", None, 60)]
    wro = arrived(world, line(vitamin, 160, *lots), line(soap, 10))
    count(wro, Count(vitamin, 98, "VC-A"), Count(soap, 10))
    put_away(wro, StowLine(vitamin, 98, "A-01", "VC-A"), StowLine(soap, 10, "A-02"))
    wro = complete(wro)
    assert (wro.status, wro.completed_short) == ("completed", True)
    assert discrepancies(wro) == [
        ("short", "VITAMIN", "VC-A", 2),
        ("short", "VITAMIN", "VC-B", 60),
    ]
    assert wro.discrepancies.first().explanation == "100 announced, 98 received."
    assert not Supply.objects.open().exists()
    assert topics(wro)[-3:] == ["completed", "discrepancy.opened", "discrepancy.opened"]


def test_a_wro_that_brought_nothing_can_be_closed(world, soap):
    wro = complete(arrived(world, line(soap, 5)))
    assert (wro.status, wro.completed_short) == ("completed", True)
    assert discrepancies(wro) == [("short", "SOAP", "", 5)]


def test_units_at_the_dock_refuse_it(world, soap):
    wro = received(world, line(soap, 5))
    put_away(wro, StowLine(soap, 3, "A-01"))
    with pytest.raises(UnitsAtDock) as refused:
        complete(wro)
    assert refused.value.units == 2
    wro.refresh_from_db()
    assert wro.status == "processing"
    assert [status for status, _, _ in history(wro)][-1] == "processing"
    assert Supply.objects.open().exists()


def test_open_discrepancies_do_not_block_it(world, soap):
    wro = arrived(world, line(soap, 100))
    count(wro, Count(soap, 90), Count(soap, 40, is_damaged=True))
    put_away(wro, StowLine(soap, 90, "A-01"))
    wro = complete(wro)
    assert (wro.status, wro.completed_short) == ("completed", False)
    assert discrepancies(wro) == [("overage", "SOAP", "", 30), ("damaged", "SOAP", "", 40)]


def test_it_has_to_arrive_first_and_completes_once(world, soap):
    wro = submitted(world, line(soap, 5))
    with pytest.raises(WrongStatus):
        complete(wro)
    assert Supply.objects.open().exists()
    closed = complete(arrived(world, line(soap, 5)))
    with pytest.raises(WrongStatus):
        complete(closed)
    assert discrepancies(closed) == [("short", "SOAP", "", 5)]
