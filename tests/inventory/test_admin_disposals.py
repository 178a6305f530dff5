"""Requests to dispose of lots in the admin: asked for, carried out, refused, cancelled."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from inventory.models import Balance, DisposalRequest, Lot
from inventory.services.disposals import request_disposal
from tests.builders import World, acting, make_demand, put, stands
from tests.inventory.admin import browser, errors, html, member_of, page, says

pytestmark = pytest.mark.usefixtures("sound")


@pytest.fixture
def lot(world: World) -> Lot:
    """10 units in A-01 and 6 in A-02, of which 4 are promised."""
    lot = world.stock_lot(world.lot_product(), "A", date(2026, 9, 1), 10, 0)
    put(lot.product, world.bins[1], 6, lot)
    make_demand(lot.product, 4, world.warehouse)
    return lot


def asked(lot: Lot, quantity: int | None = None) -> DisposalRequest:
    named = {"quantity": quantity, "action": "dispose", "reason": "Recalled"}
    return request_disposal(lot=lot, **named, **acting())


def url(made: DisposalRequest) -> str:
    return page("disposalrequest_change", made.pk)


def take(world: World, *units: int) -> dict[str, Any]:
    rows = {place: Balance.objects.get(location=world.bins[place]) for place, _ in enumerate(units)}
    return {f"take-{rows[place].pk}": number for place, number in enumerate(units)}


def test_it_works(world: World, lot: Lot) -> None:
    made = asked(lot, 13)
    client = browser()
    shown = client.get(url(made))
    suggested = [field.initial for _, field in shown.context["form"].rows()]
    assert suggested == [10, 3]
    assert "Of 4 committed units the newest promises are taken back" in html(shown)
    done = client.post(url(made), take(world, 10, 1) | {"note": "Ada"})
    assert (done.url, says(done)) == (
        url(made),
        [f"11 units were disposed of. {made.number} is still open."],
    )
    text = html(client.get(url(made)))
    assert "Partly done" in text
    assert "13, 11 done" in text
    done = client.post(url(made), take(world, 0, 2))
    assert says(done)[-1] == f"2 units were disposed of. {made.number} is done."
    assert stands(lot.product) == {("A-02", "A"): (3, 3)}
    assert "Take</th>" not in html(client.get(url(made)))


def test_everything_goes_back_to_the_merchant(world: World, lot: Lot) -> None:
    named = {"action": "return_to_merchant", "reason": "Sold elsewhere"}
    made = request_disposal(lot=lot, **named, **acting())
    client = browser()
    shown = client.get(url(made))
    assert [field.initial for _, field in shown.context["form"].rows()] == [10, 6]
    done = client.post(url(made), take(world, 9, 6))
    assert says(done) == [f"15 units were returned to the merchant. {made.number} is still open."]
    done = client.post(url(made), take(world, 1))
    assert says(done)[-1] == f"1 unit was returned to the merchant. {made.number} is done."


def test_what_is_refused_is_shown(world: World, lot: Lot) -> None:
    made = asked(lot, 5)
    client = browser()
    assert errors(client.post(url(made), take(world, 0, 0))) == {
        "__all__": ["Say how many units leave from where."]
    }
    assert errors(client.post(url(made), take(world, 6))) == {
        "__all__": [f"{made.number} asks for 5 more units, not 6."]
    }


def test_a_request_is_made_for_a_merchant(lot: Lot) -> None:
    client = member_of("merchant care")
    add = page("disposalrequest_add")
    assert client.get(add, {"lot": lot.pk}).context["adminform"].form.initial["lot"] == str(lot.pk)
    fields = {"lot": lot.pk, "action": "dispose", "quantity": "", "reason": "Expired"}
    wrong = client.post(add, fields | {"quantity": 17})
    assert errors(wrong) == {"quantity": ["16 units of lot A stand in the house, not 17."]}
    done = client.post(add, fields)
    assert done.status_code == 302
    made = DisposalRequest.objects.get()
    assert (made.quantity, made.reason, made.requested_by.username) == (
        None,
        "Expired",
        "merchant-care",
    )
    assert errors(client.post(add, fields | {"quantity": 1})) == {
        "quantity": [
            f"Of 16 units of lot A 16 are asked for already ({made.number}): none can be asked for."
        ]
    }


def test_refused_and_cancelled(lot: Lot) -> None:
    client = browser()
    made, other = asked(lot, 6), asked(lot, 10)
    refuse = page("disposalrequest_refuse", made.pk)
    assert errors(client.post(refuse, {"reason": ""})) == {"reason": ["This field is required."]}
    assert says(client.post(refuse, {"reason": "Sold"})) == [f"{made.number} is refused."]
    cancelled = client.post(page("disposalrequest_cancel", other.pk))
    assert says(cancelled)[-1] == f"{other.number} is cancelled."
    assert client.get(refuse).status_code == 404
    queue = client.get(page("disposalrequest_changelist"))
    assert list(queue.context["cl"].result_list) == []
    ended = client.get(page("disposalrequest_changelist"), {"state": "refused"})
    assert list(ended.context["cl"].result_list) == [made]
    every = client.get(page("disposalrequest_changelist"), {"state": "all"})
    assert list(every.context["cl"].result_list) == [made, other]


def test_who_may_do_what(world: World, lot: Lot) -> None:
    made = asked(lot)
    refuse, cancel, add = (
        page("disposalrequest_refuse", made.pk),
        page("disposalrequest_cancel", made.pk),
        page("disposalrequest_add"),
    )
    associate, care, billing = map(member_of, ("associate", "merchant care", "billing"))
    assert [associate.get(one).status_code for one in (refuse, cancel, add)] == [200, 403, 403]
    assert [care.get(one).status_code for one in (refuse, cancel, add)] == [403, 200, 200]
    assert [billing.get(one).status_code for one in (refuse, cancel, add)] == [403, 403, 403]
    for client in (care, billing):
        assert client.get(url(made)).status_code == 200
        assert client.post(url(made), take(world, 1)).status_code == 403
    assert browser().get(page("disposalrequest_change", 987)).status_code == 302
