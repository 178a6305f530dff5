"""`check_ledger` holds transfers against what moved."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from tests.builders import acting
from tests.transfers.builders import TwoWarehouses, receive, sent
from transfers.models import Line, Transfer
from transfers.services import LineRequest, Stowed, write_off_transfer

MOVED = "a transfer's sent, received and lost units are its movements: TRF-"
STANDS = "units in transit are those of open transfers: balance "


def check() -> str:
    out = StringIO()
    try:
        call_command("check_ledger", stdout=out)
    except CommandError as error:
        out.write(str(error))
    return out.getvalue()


@pytest.fixture
def busy(two: TwoWarehouses) -> Transfer:
    """One transfer under way, of which some is received; another with losses, complete."""
    short = sent(two, LineRequest(two.vitamin, 4, "LATE"), LineRequest(two.soap, 2))
    receive(short, Stowed(two.vitamin, 3, "N-02", "LATE"))
    write_off_transfer(transfer_id=short.pk, reason="Lost", **acting())
    transfer = sent(two, LineRequest(two.vitamin, 6, "EARLY"), LineRequest(two.soap, 3))
    return receive(transfer, Stowed(two.vitamin, 2, "N-01", "EARLY"))


def test_it_agrees(busy: Transfer) -> None:
    assert check() == "The ledger agrees with itself.\n"


def turn_round(lines: Any) -> None:
    """The lines' transfer leads the other way."""
    transfers = Transfer.objects.filter(lines__in=lines)
    Transfer.objects.filter(pk__in=list(transfers.values_list("pk", flat=True))).update(
        source=F("target"), target=F("source")
    )


@pytest.mark.parametrize(
    ("spoil", "rules"),
    [
        (lambda lines: lines.update(sent=F("sent") - 1), [MOVED, STANDS]),
        (lambda lines: lines.update(received=F("received") + 1), [MOVED, STANDS]),
        (lambda lines: lines.update(received=F("received") - 1, lost=1), [MOVED]),
        (turn_round, [MOVED, STANDS]),
    ],
)
def test_a_difference_is_printed(
    busy: Transfer, spoil: Callable[[Any], Any], rules: list[str]
) -> None:
    spoil(Line.objects.filter(transfer=busy, lot__isnull=False))
    said = check()
    assert all(rule in said for rule in rules), said
    assert (STANDS in said) == (STANDS in rules)
    assert "The ledger does not agree with itself" in said


def test_the_line_is_named(busy: Transfer) -> None:
    line = busy.lines.get(lot__isnull=False)
    Line.objects.filter(pk=line.pk).update(received=3)
    expected = f"{MOVED}{busy.pk:06d}, line {line.pk} is 6, 3, 0, should be 6, 2, 0"
    assert expected in check().splitlines()
