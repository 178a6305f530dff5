from dataclasses import replace
from datetime import date

import pytest
from django.test import Client

from inventory.errors import NoLocationFree, NotAStockLocation, OtherLotInLocation
from inventory.models import CaseSource, Demand, Lot, Posting, QuarantineCase
from inventory.services.holds import place_hold
from inventory.services.products import update_product
from inventory.services.settings import update_lot_tracking
from merchants.errors import Malformed, NotFound
from merchants.models import Event
from returns.errors import MoreThanShipped, UnknownLine, WrongStatus
from returns.models import Disposition, Return
from returns.services import arrive_return, inspect_return, preview_inspection
from tests.builders import World, acting, api, house, make_demand, make_lot, put
from tests.clock import Clock
from tests.returns.made import (
    announced,
    done,
    find,
    inspect,
    make_arrived,
    make_return,
    shipped_order,
    stock,
    topics,
)

A, B = date(2026, 10, 31), date(2027, 3, 31)


def test_it_works(world: World, clock: Clock) -> None:
    product = world.lot_product()
    lot = world.stock_lot(product, "VC-A", A, 10, 0)
    order = shipped_order(world, product, 4)
    document = make_arrived(world, announced(product, 4), order=order)
    (one,) = inspect(document, find(document, 3, lot, note=" box dented "))
    assert done(document) == [("restock", "preference", 3, "VC-A", "A-01")]
    assert stock(product) == {
        ("A-01", "VC-A"): 9,
        ("CUSTOMER", "VC-A"): 1,
        ("ADJUSTMENT", "VC-A"): -10,
    }
    one.refresh_from_db()
    assert one.explanation == "The product's preference for RTS is to restock them."
    assert (one.lot_number, one.expires_on, one.note, one.passed) == (
        "VC-A",
        A,
        "box dented",
        True,
    )
    assert (one.decided_at, one.decided_by.username) == (clock.now, "house")
    assert str(one) == "Restock 3"
    posting = Posting.objects.order_by("id").last()
    assert (posting.kind, posting.reference) == ("restock", document.number)
    assert posting.reason == "The product's preference"
    assert one.posting == posting
    document.refresh_from_db()
    assert document.status == "processing"
    assert topics(document) == ["return.created", "return.arrived", "return.inspected"]
    assert Event.objects.get(topic="return.inspected").payload == {
        "kind": "rts",
        "status": "processing",
        "dispositions": [
            {
                "sku": "VITAMIN",
                "lot_number": "VC-A",
                "quantity": 3,
                "action": "restock",
                "rule": "preference",
            }
        ],
    }


def test_a_customer_return_of_a_lot_product_can_never_be_released(world: World) -> None:
    product = world.lot_product(return_action="quarantine")
    lot = world.stock_lot(product, "VC-A", A, 10, 0)
    order = shipped_order(world, product, 4)
    document = make_arrived(world, announced(product, 4), order=order, kind="customer_return")
    inspect(document, find(document, 4, lot))
    assert done(document) == [("quarantine", "preference", 4, "VC-A", "QUARANTINE")]
    case = QuarantineCase.objects.get()
    assert (case.source, case.reference) == (CaseSource.CUSTOMER_RETURN, document.number)
    assert (case.quantity, case.may_be_released) == (4, False)
    assert case.reason == "The product's preference for customer returns is to quarantine them."
    opened = Event.objects.get(topic="quarantine.opened")
    assert (opened.object, opened.merchant) == (str(case.pk), world.merchant)
    assert opened.payload["lot_number"] == "VC-A"


def test_other_quarantined_units_may_be_released(world: World) -> None:
    product = world.product(return_action="quarantine")
    plain = make_arrived(world, announced(product, 1), kind="customer_return")
    inspect(plain, find(plain, 1))
    vitamin = world.lot_product(return_action="quarantine", rts_action="quarantine")
    rts = make_arrived(world, announced(vitamin, 1))
    inspect(rts, find(rts, 1, make_lot(vitamin, "VC-A", A)))
    cases = QuarantineCase.objects.order_by("id")
    assert [(one.source, one.may_be_released) for one in cases] == [
        ("customer_return", True),
        ("rts", True),
    ]


def test_disposed_units_leave_the_house(world: World) -> None:
    product = world.product(return_action="dispose")
    document = make_arrived(world, announced(product, 2), kind="customer_return")
    inspect(document, find(document, 2))
    assert done(document) == [("dispose", "preference", 2, None, "DISPOSED")]
    assert stock(product) == {("CUSTOMER", None): -2, ("DISPOSED", None): 2}


def test_several_lines_at_once_take_one_posting_for_each_kind_of_act(world: World) -> None:
    vitamin = world.lot_product(return_action="quarantine")
    a = world.stock_lot(vitamin, "VC-A", A, 5, 0)
    b = world.stock_lot(vitamin, "VC-B", B, 5, 1)
    soap = world.product("SOAP", rts_backup_action="dispose")
    document = make_arrived(world, announced(vitamin, 9), announced(soap, 3))
    before = Posting.objects.count()
    inspect(
        document,
        find(document, 1, b),
        find(document, 2, at=1),
        find(document, 1, at=1, passed=False),
        find(document, 2, a),
        find(document, 1),
    )
    assert done(document) == [
        ("restock", "preference", 1, "VC-B", "A-02"),
        ("restock", "preference", 2, None, "A-03"),
        ("dispose", "inspection_failed", 1, None, "DISPOSED"),
        ("restock", "preference", 2, "VC-A", "A-01"),
        ("quarantine", "lot_unknown", 1, None, "QUARANTINE"),
    ]
    kinds = Posting.objects.order_by("id").values_list("kind", flat=True)[before:]
    assert list(kinds) == ["restock", "quarantine", "dispose"]


def test_restocked_units_are_offered_to_backorders(world: World) -> None:
    product = world.product()
    demand = make_demand(product, 2, world.warehouse)
    assert demand.backordered == 2
    document = make_arrived(world, announced(product, 3))
    inspect(document, find(document, 3))
    assert Demand.objects.get(pk=demand.pk).allocated == 2


def test_a_held_lot_goes_to_quarantine_with_its_lot(world: World) -> None:
    product = world.lot_product()
    lot = world.stock_lot(product, "VC-A", A, 5, 0)
    place_hold(target=lot, reason="mould", **acting())
    document = make_arrived(world, announced(product, 2, requested_action="dispose"))
    inspect(document, find(document, 2, lot))
    assert done(document) == [("quarantine", "lot_on_hold", 2, "VC-A", "QUARANTINE")]
    assert Disposition.objects.get().explanation == (
        "Lot VC-A is on hold: mould. Held units go to quarantine."
    )


def test_a_held_product_goes_to_quarantine(world: World) -> None:
    product = world.product()
    place_hold(target=product, reason="recall", **acting())
    document = make_arrived(world, announced(product, 2))
    inspect(document, find(document, 2))
    assert done(document) == [("quarantine", "lot_on_hold", 2, None, "QUARANTINE")]


@pytest.mark.parametrize(
    ("number", "expires_on"), [("VC-X", None), ("", date(2026, 9, 1)), ("VC-A", B), ("", None)]
)
def test_an_unknown_lot_stands_in_quarantine_without_one(
    world: World, number: str, expires_on: date | None
) -> None:
    product = world.lot_product()
    world.stock_lot(product, "VC-A", A, 5, 0)
    document = make_arrived(world, announced(product, 2))
    inspect(document, find(document, 2, lot_number=number, expires_on=expires_on))
    assert done(document) == [("quarantine", "lot_unknown", 2, None, "QUARANTINE")]
    one = Disposition.objects.get()
    assert (one.lot_number, one.expires_on) == (number, expires_on)
    assert Lot.objects.count() == 1


def test_a_lot_is_found_whatever_its_spelling(world: World) -> None:
    product = world.lot_product()
    world.stock_lot(product, "VC-A", A, 5, 0)
    document = make_arrived(world, announced(product, 2))
    inspect(document, find(document, 2, lot_number=" vc-a "))
    assert done(document) == [("restock", "preference", 2, "VC-A", "A-01")]


def test_an_unnumbered_lot_is_found_by_its_expiry(world: World) -> None:
    product = world.lot_product()
    world.stock_lot(product, "", A, 5, 0)
    document = make_arrived(world, announced(product, 2))
    inspect(document, find(document, 2, expires_on=A))
    assert done(document) == [("restock", "preference", 2, "", "A-01")]


def test_units_of_a_lot_beyond_what_was_shipped_of_it_are_unknown(world: World) -> None:
    product = world.lot_product()
    a = world.stock_lot(product, "VC-A", A, 2, 0)
    b = world.stock_lot(product, "VC-B", B, 9, 1)
    order = shipped_order(world, product, 5)
    document = make_arrived(world, announced(product, 5), order=order)
    inspect(document, find(document, 1, a))
    inspect(document, find(document, 3, a), find(document, 1, b))
    assert done(document) == [
        ("restock", "preference", 1, "VC-A", "A-01"),
        ("restock", "preference", 1, "VC-A", "A-01"),
        ("quarantine", "lot_unknown", 2, "VC-A", "QUARANTINE"),
        ("restock", "preference", 1, "VC-B", "A-02"),
    ]
    unknown = Disposition.objects.get(rule="lot_unknown")
    assert unknown.explanation == (
        f"{order.number} did not ship these units of lot VC-A. "
        "Units whose lot is not certain go to quarantine."
    )


def test_a_lot_that_the_order_did_not_ship_is_unknown(world: World) -> None:
    product = world.lot_product()
    world.stock_lot(product, "VC-A", A, 9, 0)
    b = world.stock_lot(product, "VC-B", B, 9, 1)
    order = shipped_order(world, product, 2)
    document = make_arrived(world, announced(product, 2), order=order)
    inspect(document, find(document, 2, b))
    assert done(document) == [("quarantine", "lot_unknown", 2, "VC-B", "QUARANTINE")]


def test_units_of_a_held_lot_beyond_what_was_shipped_are_one_part(world: World) -> None:
    product = world.lot_product()
    a = world.stock_lot(product, "VC-A", A, 2, 0)
    world.stock_lot(product, "VC-B", B, 9, 1)
    order = shipped_order(world, product, 5)
    place_hold(target=a, reason="mould", **acting())
    document = make_arrived(world, announced(product, 5), order=order)
    inspect(document, find(document, 3, a))
    assert done(document) == [("quarantine", "lot_on_hold", 3, "VC-A", "QUARANTINE")]


def test_what_other_returns_of_the_order_brought_back_of_a_lot_counts(world: World) -> None:
    product = world.lot_product()
    a = world.stock_lot(product, "VC-A", A, 2, 0)
    world.stock_lot(product, "VC-B", B, 9, 1)
    order = shipped_order(world, product, 5)
    first = make_arrived(world, announced(product, 2), order=order)
    inspect(first, find(first, 2, a))
    second = make_arrived(world, announced(product, 2), order=order)
    inspect(second, find(second, 1, a))
    assert done(second) == [("quarantine", "lot_unknown", 1, "VC-A", "QUARANTINE")]


@pytest.mark.parametrize(
    ("days_left", "rule", "action"),
    [
        (-1, "expired", "dispose"),
        (29, "below_min_shelf_life", "dispose"),
        (30, "preference", "restock"),
    ],
)
def test_the_larger_minimum_decides_about_an_rts(
    world: World, clock: Clock, days_left: int, rule: str, action: str
) -> None:
    update_lot_tracking(
        merchant_id=world.merchant.pk, fields={"picking_disabled_days": 30}, **acting()
    )
    product = world.lot_product(rts_backup_action="dispose", min_shelf_life_days=10)
    lot = make_lot(product, "VC-A", A)
    clock.advance(days=(A - date(2026, 6, 1)).days - days_left)
    document = make_arrived(world, announced(product, 1))
    inspect(document, find(document, 1, lot))
    assert [row[:2] for row in done(document)] == [(action, rule)]


def test_today_is_the_day_of_the_warehouse(world: World, clock: Clock) -> None:
    product = world.lot_product()
    lot = make_lot(product, "VC-A", date(2026, 6, 1))
    document = make_arrived(world, announced(product, 2))
    clock.advance(hours=19)  # 2026-06-02 04:00 UTC is still 2026-06-01 in Chicago
    inspect(document, find(document, 1, lot))
    clock.advance(hours=1)
    inspect(document, find(document, 1, lot))
    assert [row[1] for row in done(document)] == ["preference", "expired"]


def test_a_product_that_became_a_lot_product_is_no_longer_restocked(world: World) -> None:
    product = world.product()
    document = make_arrived(
        world, announced(product, 1, requested_action="restock"), kind="customer_return"
    )
    update_product(
        product_id=product.pk,
        fields={"is_lot_product": True, "return_action": "dispose"},
        **acting(),
    )
    inspect(document, find(document, 1, make_lot(product, "VC-A", A)))
    assert [row[:2] for row in done(document)] == [("quarantine", "lot_product_customer_return")]
    assert not QuarantineCase.objects.get().may_be_released


def test_nothing_is_asked_of_an_account_without_lot_tracking(world: World) -> None:
    product = world.lot_product()
    update_lot_tracking(
        merchant_id=world.merchant.pk, fields={"lot_tracking_active": False}, **acting()
    )
    document = make_arrived(world, announced(product, 1))
    inspect(document, find(document, 1))
    assert [row[:2] for row in done(document)] == [("restock", "preference")]


def test_the_bin_may_be_named(world: World) -> None:
    product = world.product()
    document = make_arrived(world, announced(product, 2))
    inspect(document, find(document, 1, location="A-07"), find(document, 1))
    assert [row[4] for row in done(document)] == ["A-07", "A-07"]


def test_lots_that_arrive_together_are_kept_apart(world: World) -> None:
    product = world.lot_product()
    a, b = make_lot(product, "VC-A", A), make_lot(product, "VC-B", B)
    document = make_arrived(world, announced(product, 3))
    inspect(document, find(document, 1, a, location="A-01"), find(document, 2, b))
    assert [row[3:] for row in done(document)] == [("VC-A", "A-01"), ("VC-B", "A-02")]


def unchanged(document: Return, error: type[Exception], *findings: object) -> Exception:
    """The inspection is refused and leaves everything as it was."""
    before = Posting.objects.count(), Event.objects.count(), document.status
    with pytest.raises(error) as refusal:
        inspect(document, *findings)
    document.refresh_from_db()
    assert (Posting.objects.count(), Event.objects.count(), document.status) == before
    assert not Disposition.objects.filter(line__document=document).exists()
    return refusal.value


def test_two_lots_named_into_one_bin_are_refused(world: World) -> None:
    product = world.lot_product()
    a, b = make_lot(product, "VC-A", A), make_lot(product, "VC-B", B)
    document = make_arrived(world, announced(product, 3))
    to = {"location": "A-01"}
    unchanged(document, OtherLotInLocation, find(document, 1, a, **to), find(document, 1, b, **to))


def test_a_bin_with_another_lot_is_refused(world: World) -> None:
    product = world.lot_product()
    world.stock_lot(product, "VC-A", A, 5, 0)
    b = make_lot(product, "VC-B", B)
    document = make_arrived(world, announced(product, 3))
    error = unchanged(document, OtherLotInLocation, find(document, 1, b, location="A-01"))
    assert error.code == "other_lot_in_location"


def test_without_a_free_bin_it_is_refused(world: World) -> None:
    other = world.product("OTHER")
    for location in world.bins:
        put(other, location, 1)
    product = world.product()
    document = make_arrived(world, announced(product, 3))
    assert unchanged(document, NoLocationFree, find(document, 1)).code == "no_location_free"
    inspect(document, find(document, 1, location="A-01"))
    assert done(document) == [("restock", "preference", 1, None, "A-01")]


def test_an_unknown_location_is_refused(world: World) -> None:
    document = make_arrived(world, announced(world.product(), 3))
    error = unchanged(document, Malformed, find(document, 1), find(document, 1, location="Z-99"))
    assert error.errors[0]["field"] == "lines[1].location"
    assert error.code == "unknown_location"
    unchanged(document, Malformed, find(document, 1, location="DISPOSED"))


@pytest.mark.parametrize("name", ["DOCK", "QUARANTINE", "DAMAGED"])
def test_units_are_restocked_into_bins_only(world: World, name: str) -> None:
    document = make_arrived(world, announced(world.product(), 3))
    unchanged(document, NotAStockLocation, find(document, 1, location=name))


def test_a_named_bin_does_not_matter_where_units_are_not_restocked(world: World) -> None:
    document = make_arrived(world, announced(world.product(), 3))
    inspect(document, find(document, 1, passed=False, location="A-01"))
    assert done(document) == [("quarantine", "inspection_failed", 1, None, "QUARANTINE")]


def test_more_than_the_line_of_a_known_order_is_refused(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 9)
    order = shipped_order(world, product, 3)
    document = make_arrived(world, announced(product, 3), order=order)
    error = unchanged(document, MoreThanShipped, find(document, 2), find(document, 2))
    assert error.data == {"sku": "SOAP", "announced": 3, "found": 4}
    inspect(document, find(document, 2))
    with pytest.raises(MoreThanShipped):
        inspect(document, find(document, 2))


def test_without_an_order_more_may_be_found(world: World) -> None:
    document = make_arrived(world, announced(world.product(), 3))
    inspect(document, find(document, 4))
    assert done(document) == [("restock", "preference", 4, None, "A-01")]


def test_the_line_of_another_return_is_unknown(world: World) -> None:
    product = world.product()
    document, other = (make_arrived(world, announced(product, 3)) for _ in range(2))
    error = unchanged(document, UnknownLine, find(document, 1), find(other, 1))
    assert error.errors[0]["field"] == "lines[1].line"
    assert error.code == "unknown_line"


def test_no_units_and_no_lines_are_refused(world: World) -> None:
    document = make_arrived(world, announced(world.product(), 3))
    error = unchanged(document, Malformed, find(document, 0))
    assert (error.code, error.errors[0]["field"]) == ("min_value", "lines[0].quantity")
    assert unchanged(document, Malformed).code == "required"


def test_only_what_arrived_is_inspected(world: World) -> None:
    document = make_return(world, announced(world.product(), 3))
    error = unchanged(document, WrongStatus, find(document, 1))
    assert error.code == "wrong_status"
    assert str(error) == f"{document.number} is awaiting arrival: it cannot be inspected."
    arrive_return(return_id=document.pk, **acting())
    inspect(document, find(document, 1))


def test_no_such_return(world: World) -> None:
    with pytest.raises(NotFound):
        inspect_return(return_id=0, findings=[], **acting())
    with pytest.raises(NotFound):
        preview_inspection(return_id=0, findings=[], now=acting()["now"])


def test_a_preview_says_what_would_be_done_and_does_nothing(world: World) -> None:
    product = world.lot_product()
    lot = world.stock_lot(product, "VC-A", A, 10, 0)
    document = make_arrived(world, announced(product, 4))
    findings = [find(document, 3, lot), find(document, 1)]
    before = Posting.objects.count(), Event.objects.count()
    preview = preview_inspection(return_id=document.pk, findings=findings, now=acting()["now"])
    assert (Posting.objects.count(), Event.objects.count()) == before
    assert not Disposition.objects.exists()
    inspect(document, *findings)
    assert [
        (one.action, one.rule, one.quantity, one.lot and one.lot.number, one.location.name)
        for one in preview
    ] == done(document)


def test_the_statements_do_not_grow_with_the_units(
    world: World, django_assert_max_num_queries: object
) -> None:
    products = [world.product(f"SOAP-{n}") for n in range(8)]
    document = make_arrived(world, *(announced(one, 5) for one in products))
    findings = [find(document, 1, at=place) for place in range(8)]
    with django_assert_max_num_queries(50):
        inspect(document, *findings, *(replace(one, passed=False) for one in findings))
    assert len(done(document)) == 16


def test_what_a_customer_sent_back_of_a_lot_product_offers_no_release(world: World) -> None:
    product = world.lot_product(return_action="quarantine")
    document = make_arrived(world, announced(product, 2), kind="customer_return")
    inspect(document, find(document, 2, make_lot(product, "VC-A", A)))
    case = QuarantineCase.objects.get()
    body = {"quantity": 1, "reason": "looks fine", "location": "A-01"}
    answer = api().post(f"/api/v1/quarantine/{case.pk}/release/", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_releasable")
    client = Client()
    client.force_login(house())
    url = f"/admin/inventory/quarantinecase/{case.pk}/"
    page = client.get(f"{url}change/").content.decode()
    assert "Units of a lot product that a customer sent back are never restocked." in page
    assert "release" not in page
    assert client.get(f"{url}release/").status_code == 404
    case.refresh_from_db()
    assert case.quantity == 2
