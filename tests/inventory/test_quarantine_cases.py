"""Working off quarantine cases, at the level of the verbs."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import transaction

from inventory import ledger
from inventory.ledger import Act, CaseEntry, Place, Transfer
from inventory.models import CaseSource, Lot, Movement, PostingKind, Product, QuarantineCase
from inventory.queries.cases import barred
from inventory.services.holds import place_hold
from inventory.services.products import update_product
from inventory.services.quarantine import (
    Decision,
    dispose_case,
    release_case,
    return_case_to_merchant,
)
from inventory.services.settings import update_lot_tracking
from inventory.services.stock import assign_lot
from merchants.models import Event
from tests.builders import (
    World,
    acting,
    balance,
    house,
    make_bin,
    make_demand,
    make_lot,
    make_warehouse,
    promised,
    put,
    stands,
)
from tests.clock import CLOCK
from tests.refusals import refused

pytestmark = pytest.mark.usefixtures("sound")


@pytest.fixture
def product(world: World) -> Product:
    return world.lot_product()


@pytest.fixture
def lot(world: World, product: Product) -> Lot:
    return world.stock_lot(product, "A", date(2027, 1, 1), 1, 0)


@pytest.fixture
def case(world: World, product: Product, lot: Lot) -> QuarantineCase:
    """Five units of lot A in quarantine, of which one stands in A-01 too."""
    put(product, world.place("QUARANTINE"), 5, lot)
    return QuarantineCase.objects.get()


def decide(case: QuarantineCase, quantity: int | None = None, reason: str = "Fine") -> Decision:
    return Decision(case.pk, reason, quantity)


def release(case: QuarantineCase, location: Any, **decision: Any) -> QuarantineCase:
    given = decide(case, **decision)
    return release_case(decision=given, location_id=getattr(location, "pk", location), **acting())


def test_it_works(world: World, product: Product, case: QuarantineCase) -> None:
    demand = make_demand(product, 4, world.warehouse)
    worked = release(case, world.bins[0], quantity=2)
    assert (worked.quantity, worked.opened_quantity) == (3, 5)
    assert stands(product) == {("A-01", "A"): (3, 3), ("QUARANTINE", "A"): (3, 0)}
    assert promised(demand) == {"A-01": 3}
    posting = Movement.objects.latest("id").posting
    assert (posting.kind, posting.reason) == ("release", "Fine")
    event = Event.objects.latest("id")
    assert (event.topic, event.object, event.payload) == (
        "quarantine.release",
        str(case.pk),
        {"quantity": 2, "reason": "Fine"},
    )


@pytest.mark.parametrize(
    ("verb", "name", "kind"),
    [
        (dispose_case, "DISPOSED", "dispose"),
        (return_case_to_merchant, "MERCHANT", "return_to_merchant"),
    ],
)
def test_units_leave_the_house(
    world: World, product: Product, lot: Lot, case: QuarantineCase, verb: Any, name: str, kind: str
) -> None:
    worked = verb(decision=decide(case), **acting())
    assert worked.quantity == 0
    assert stands(product) == {("A-01", "A"): (1, 0)}
    assert balance(product, world.place(name), lot).on_hand == 5
    assert Movement.objects.latest("id").posting.kind == kind
    assert Event.objects.latest("id").topic == f"quarantine.{kind}"
    assert not QuarantineCase.objects.open().exists()


def test_released_units_of_a_held_lot_stay_held(
    world: World, product: Product, lot: Lot, case: QuarantineCase
) -> None:
    place_hold(target=lot, reason="Recall", **acting())
    release(case, world.bins[0])
    assert promised(make_demand(product, 1, world.warehouse)) == {}


@pytest.mark.parametrize("verb", ["release", "dispose", "return"])
@pytest.mark.parametrize(
    ("decision", "code"),
    [
        ({"quantity": 6}, "insufficient_stock"),
        ({"quantity": 0}, "insufficient_stock"),
        ({"quantity": -1}, "insufficient_stock"),
        ({"reason": "  "}, "required"),
    ],
    ids=["too-many", "none", "fewer-than-none", "no-reason"],
)
def test_a_decision_that_cannot_be(
    world: World, case: QuarantineCase, verb: str, decision: dict[str, Any], code: str
) -> None:
    verbs: dict[str, Any] = {"dispose": dispose_case, "return": return_case_to_merchant}
    with refused(code):
        if verb == "release":
            release(case, world.bins[0], **decision)
        else:
            verbs[verb](decision=decide(case, **decision), **acting())


def test_a_place_that_cannot_be(world: World, product: Product, case: QuarantineCase) -> None:
    world.stock_lot(product, "B", None, 1, 1)
    elsewhere = make_bin(make_warehouse("EAST"), "E-01")
    for target, code in (
        (world.bins[1], "other_lot_in_location"),
        (world.place("DOCK"), "wrong_location_kind"),
        (world.place("QUARANTINE"), "wrong_location_kind"),
        (elsewhere, "wrong_location_kind"),
        (world.place("CUSTOMER"), "not_found"),
        (0, "not_found"),
    ):
        with refused(code):
            release(case, target)


def test_a_case_that_does_not_exist(world: World) -> None:
    with refused("not_found"):
        dispose_case(decision=Decision(0, "Gone"), **acting())


def sent_back(
    world: World, product: Product, lot: Lot | None, *, may_be_released: bool
) -> QuarantineCase:
    """A customer's two units in quarantine."""
    customer, area = world.place("CUSTOMER"), world.place("QUARANTINE")
    entry = CaseEntry(CaseSource.CUSTOMER_RETURN, "Opened", "RET-000001", may_be_released)
    header = Act(PostingKind.QUARANTINE, product.merchant_id, house(), CLOCK.now, "RET-000001")
    lot_id = lot.pk if lot else None
    ends = Place(customer.pk, lot_id), Place(area.pk, lot_id)
    with transaction.atomic():
        ledger.post(header, [Transfer(product.pk, *ends, 2, case=entry)])
    return QuarantineCase.objects.get()


def test_units_that_may_never_go_back(world: World, product: Product, lot: Lot) -> None:
    case = sent_back(world, product, lot, may_be_released=False)
    with refused("not_releasable") as error:
        release(case, world.bins[0])
    assert "never restocked" in str(error.value)
    dispose_case(decision=decide(case), **acting())
    assert Movement.objects.latest("id").posting.reference == "RET-000001"


def test_units_of_a_product_that_became_a_lot_product_may_not_either(world: World) -> None:
    soap = world.product("SOAP")
    sent_back(world, soap, None, may_be_released=True)
    ticked: Any = {"is_lot_product": True, "return_action": "dispose"}
    update_product(product_id=soap.pk, fields=ticked, **acting())
    lot = make_lot(soap, "S")
    assign_lot(lot_id=lot.pk, location_id=world.place("QUARANTINE").pk, **acting())
    case = QuarantineCase.objects.open().get()
    with refused("not_releasable") as error:
        release(case, world.bins[0])
    assert "never restocked" in str(error.value)
    assert QuarantineCase.objects.filter(barred(), pk=case.pk).exists()


def test_an_account_without_lot_tracking_asks_for_no_lot(world: World, product: Product) -> None:
    put(product, world.place("QUARANTINE"), 2)
    assert QuarantineCase.objects.filter(barred()).exists()
    off: Any = {"lot_tracking_active": False}
    update_lot_tracking(merchant_id=world.merchant.pk, fields=off, **acting())
    assert not QuarantineCase.objects.filter(barred()).exists()
    release(QuarantineCase.objects.get(), world.bins[0])
    assert stands(product) == {("A-01", None): (2, 0)}


def test_units_whose_lot_is_not_known(world: World, product: Product) -> None:
    put(product, world.place("QUARANTINE"), 2)
    case = QuarantineCase.objects.get()
    with refused("not_releasable") as error:
        release(case, world.bins[0])
    assert "Their lot is not known" in str(error.value)
    other = world.product("SOAP")
    put(other, world.place("QUARANTINE"), 2)
    release(QuarantineCase.objects.get(product=other), world.bins[0])
    assert stands(other) == {("A-01", None): (2, 0)}
