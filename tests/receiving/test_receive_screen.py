"""The form of a receipt, which two people have open, or one who presses its button twice."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from receiving.errors import ReceivedMeanwhile
from receiving.models import WRO
from receiving.queries import receipts_of
from receiving.services import Count, receive
from tests.builders import acting
from tests.inventory.admin import browser
from tests.receiving.builders import NEXT_YEAR, arrived, count, counters, discrepancies, line
from tests.refusals import refused

TOLD = "were received since this page was opened"


@pytest.fixture
def wro(world, vitamin, soap) -> WRO:
    return arrived(world, line(vitamin, 10, ("VC-A", NEXT_YEAR, 10)), line(soap, 5))


class Tab:
    """The page as a browser without scripts has it."""

    def __init__(self, wro: WRO) -> None:
        self.client: Client = browser()
        self.path = f"/admin/receiving/wro/{wro.pk}/receive/"
        self.answer: Any = self.client.get(self.path)
        self.data = self.fields()

    def fields(self) -> dict[str, str]:
        shown = {"knows": self.answer.context["knows"]}
        for one in self.answer.context["editor"].rows:
            shown[f"supply-{one.row.supply_id}-good"] = one.good
        return shown

    def press(self, do: str = "save", **changed: str) -> Tab:
        self.answer = self.client.post(self.path, {**self.data, **changed, "do": do})
        if self.answer.status_code == 200:
            self.data = self.fields()
        return self

    @property
    def errors(self) -> list[str]:
        return list(self.answer.context["editor"].errors)


ALL = {"VITAMIN VC-A": (10, 10, 0), "SOAP": (5, 5, 0)}


def test_a_button_that_is_pressed_twice_receives_once(wro):
    tab = Tab(wro)
    sent = dict(tab.data)
    assert tab.press().answer.status_code == 302
    again = tab.client.post(tab.path, {**sent, "do": "save"})
    assert TOLD in again.content.decode()
    assert counters(wro) == ALL
    assert discrepancies(wro) == []


def test_the_second_of_two_looks_again_and_then_adds_his_own(wro):
    ana, bo = Tab(wro), Tab(wro)
    ana.press()
    bo.press()
    assert (len(bo.errors), TOLD in bo.errors[0]) == (1, True)
    rows = bo.answer.context["editor"].rows
    assert [(one.row.received, one.good) for one in rows] == [(10, "10"), (5, "5")]
    assert counters(wro) == ALL
    assert bo.press().answer.status_code == 302
    assert counters(wro) == {"VITAMIN VC-A": (10, 20, 10), "SOAP": (5, 10, 5)}


def test_what_was_not_announced_counts_as_a_receipt_too(wro, soap, vitamin):
    tab = Tab(wro)
    count(wro, Count(vitamin, 3))
    assert TOLD in tab.press().errors[0]


def test_other_buttons_do_not_forget_what_was_known(wro, soap):
    tab = Tab(wro)
    count(wro, Count(soap, 1))
    tab.press(f"add-lot:{soap.pk}")
    assert TOLD in tab.press().errors[0]


def test_the_service_refuses_and_changes_nothing(wro, soap):
    knows = receipts_of(wro)
    count(wro, Count(soap, 1))
    with refused("received_meanwhile") as refusal:
        receive(wro_id=wro.pk, counts=[Count(soap, 1)], knows=knows, **acting())
    assert refusal.type is ReceivedMeanwhile
    receive(wro_id=wro.pk, counts=[Count(soap, 1)], knows=receipts_of(wro), **acting())
    assert counters(wro)["SOAP"] == (5, 2, 0)
