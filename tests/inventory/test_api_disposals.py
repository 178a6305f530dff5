"""disposal-requests/: the shape, what is refused, who sees what."""

from __future__ import annotations

from datetime import date

import pytest

from inventory.models import DisposalRequest, Lot
from inventory.services.disposals import Take, carry_out_disposal
from tests.builders import World, acting, make_merchant
from tests.inventory.refused import assert_refused
from tests.merchants.api import Caller, assert_problem, caller, errors_of

pytestmark = pytest.mark.usefixtures("sound")

URL = "disposal-requests/"
WISH = {"action": "dispose", "quantity": 6, "reason": "Recalled"}


@pytest.fixture
def lot(world: World) -> Lot:
    """10 units in A-01."""
    return world.stock_lot(world.lot_product(), "SOON", date(2027, 1, 1), 10, 0)


@pytest.fixture
def client(world: World) -> Caller:
    return caller(world.merchant)


def ask(client: Caller, lot: Lot, **fields: object) -> int:
    answer = client.post(f"lots/{lot.pk}/{URL}", {**WISH, **fields})
    assert answer.status_code == 201, answer.content
    number: int = answer.json()["id"]
    return number


def test_it_works(world: World, client: Caller, lot: Lot) -> None:
    answer = client.post(f"lots/{lot.pk}/{URL}", WISH)
    assert answer.status_code == 201
    made = DisposalRequest.objects.get()
    assert answer.json() == {
        "id": made.pk,
        "number": made.number,
        "sku": "VITAMIN",
        "lot": {"id": lot.pk, "number": "SOON", "expires_on": "2027-01-01"},
        "action": "dispose",
        "quantity": 6,
        "done": 0,
        "reason": "Recalled",
        "status": "requested",
        "note": "",
        "requested_at": "2026-06-01T09:00:00Z",
        "ended_at": None,
    }
    assert client.get(f"{URL}{made.pk}/").json() == answer.json()
    assert client.get(URL).json()["results"] == [answer.json()]
    take = Take(world.bins[0].pk, 6)
    carry_out_disposal(request_id=made.pk, takes=[take], **acting())
    told = {"status": "done", "done": 6, "ended_at": "2026-06-01T09:00:00Z"}
    assert client.get(f"{URL}{made.pk}/").json() == answer.json() | told
    assert_problem(client.post(f"{URL}{made.pk}/cancel/"), 409, "already_ended")


def test_it_is_taken_back(client: Caller, lot: Lot) -> None:
    pk = ask(client, lot, quantity=None, action="return_to_merchant")
    answer = client.post(f"{URL}{pk}/cancel/")
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["quantity"]) == ("cancelled", None)


def test_filters(client: Caller, lot: Lot) -> None:
    ids = [ask(client, lot), ask(client, lot, quantity=4)]
    client.post(f"{URL}{ids[0]}/cancel/")
    for query, expected in (
        ("status=requested", ids[1:]),
        (f"lot={lot.pk}", ids),
        ("lot=987654", []),
        ("sku=VITAMIN", ids),
        ("sku=OTHER", []),
    ):
        found = client.get(f"{URL}?{query}").json()["results"]
        assert [one["id"] for one in found] == expected, query


def test_what_is_refused(client: Caller, lot: Lot) -> None:
    path = f"lots/{lot.pk}/{URL}"
    assert errors_of(client.post(path, {})) == [("action", "required"), ("reason", "required")]
    assert errors_of(client.post(path, WISH | {"action": "sell"})) == [("action", "invalid_choice")]
    assert errors_of(client.post(path, WISH | {"quantity": 0})) == [("quantity", "min_value")]
    with assert_refused("insufficient_stock") as answers:
        answers(client.post(path, WISH | {"quantity": 11}))
    pk = ask(client, lot)
    with assert_refused("already_requested"):
        told = assert_problem(client.post(path, WISH), 409, "already_requested")
    assert told["detail"] == (
        f"Of 10 units of lot SOON 6 are asked for already (DSP-{pk:06d}): 4 can be asked for."
    )


def test_another_merchant_sees_nothing_of_it(client: Caller, lot: Lot) -> None:
    pk = ask(client, lot)
    other = caller(make_merchant("NORD"))
    assert other.get(URL).json()["results"] == []
    for answer in (
        other.get(f"{URL}{pk}/"),
        other.post(f"{URL}{pk}/cancel/"),
        other.post(f"lots/{lot.pk}/{URL}", WISH),
    ):
        assert_problem(answer, 404, "not_found")
    staff = caller()
    assert [one["id"] for one in staff.get(f"{URL}?merchant=ACME").json()["results"]] == [pk]
