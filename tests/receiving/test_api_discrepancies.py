from datetime import date

import pytest

from inventory.models import Balance
from inventory.queries.audit import differences
from merchants.models import Event
from receiving.models import Discrepancy, Photo, UnidentifiedDelivery
from receiving.services import Count
from tests.builders import make_merchant
from tests.merchants.api import assert_problem, caller, errors_of
from tests.pictures import picture
from tests.receiving.builders import arrived, count, line, standing
from tests.refusals import state

SOON = date(2026, 10, 31)


@pytest.fixture
def staff(world):
    return caller()


@pytest.fixture
def merchant(world):
    return caller(world.merchant)


@pytest.fixture
def found(world, vitamin) -> Discrepancy:
    """7 units of a lot that was not announced, in quarantine."""
    wro = arrived(world, line(vitamin, 100, ("VC-A", SOON, 100)))
    count(wro, Count(vitamin, 90, "VC-A"), Count(vitamin, 7, "VC-X", SOON))
    return Discrepancy.objects.get()


def ok(answer, status=200):
    assert answer.status_code == status, answer.content
    return answer.json()


def test_it_works(found, merchant, staff, vitamin):
    path = f"discrepancies/{found.pk}/"
    told = ok(merchant.get(path))
    assert told == {
        "id": found.pk,
        "type": "lot_mismatch",
        "wro": found.wro.number,
        "delivery": None,
        "sku": "VITAMIN",
        "lot_number": "VC-X",
        "expires_on": "2026-10-31",
        "quantity": 7,
        "open_quantity": 7,
        "is_damaged": False,
        "status": "open",
        "explanation": "In quarantine.",
        "note": "",
        "owner": None,
        "due_at": "2026-06-04T09:00:00Z",
        "opened_at": "2026-06-01T09:00:00Z",
        "resolved_at": None,
        "quarantine_case": found.case_id,
        "possible": ["accept_as_received", "correct_lot", "return_to_merchant", "dispose"],
        "photos": [],
        "resolutions": [],
    }
    body = {"resolution": "accept_as_received", "quantity": 4, "note": "Good", "location": "A-02"}
    ok(staff.post(path + "resolve/", body))
    body = {"resolution": "correct_lot", "lot_number": "VC-A", "note": "Misread"}
    told = ok(staff.post(path + "resolve/", body))
    assert (told["status"], told["open_quantity"], told["possible"]) == ("resolved", 0, [])
    assert [(o["resolution"], o["quantity"], o["location"]) for o in told["resolutions"]] == [
        ("accept_as_received", 4, "A-02"),
        ("correct_lot", 3, "DOCK"),
    ]
    assert standing(vitamin) == {("DOCK", "VC-A"): 93, ("A-02", "VC-X"): 4}
    assert list(differences()) == []


def test_filters(found, merchant, staff):
    def ids(query):
        return [one["id"] for one in ok(merchant.get(f"discrepancies/?{query}"))["results"]]

    for query in ("status=open", "type=lot_mismatch", f"wro={found.wro.number}", "sku=VITAMIN"):
        assert ids(query) == [found.pk], query
    for query in ("status=resolved", "type=short", "wro=WRO-999999", "wro=x", "sku=SOAP"):
        assert ids(query) == [], query
    ok(staff.post(f"discrepancies/{found.pk}/resolve/", {"resolution": "dispose"}))
    assert (ids("status=open"), ids("status=resolved")) == ([], [found.pk])
    assert errors_of(merchant.get("discrepancies/?type=none")) == [("type", "invalid_choice")]


def test_staff_keep_note_owner_and_deadline(found, staff, merchant):
    path = f"discrepancies/{found.pk}/"
    body = {"note": "Asked the supplier", "owner": "house", "due_at": "2026-06-09T10:00:00Z"}
    told = ok(staff.patch(path, body))
    assert {name: told[name] for name in body} == body
    assert ok(merchant.get(path))["owner"] is None
    before = state()
    assert errors_of(staff.patch(path, {"owner": "nobody"})) == [("owner", "unknown_user")]
    theirs = Discrepancy.objects.get().merchant.users.first().username
    assert errors_of(staff.patch(path, {"owner": theirs})) == [("owner", "not_staff")]
    assert state() == before
    assert ok(staff.patch(path, {"owner": None}))["owner"] is None


def test_no_deadline_is_set_that_has_passed(found, staff):
    path = f"discrepancies/{found.pk}/"
    ok(staff.get(path))
    before = state()
    assert errors_of(staff.patch(path, {"due_at": "2026-05-31T09:00:00Z"})) == [
        ("due_at", "in_the_past")
    ]
    assert state() == before
    assert ok(staff.patch(path, {"due_at": None}))["due_at"] is None
    assert errors_of(staff.patch(path, {"due_at": "2026-05-31T09:00:00Z"})) == [
        ("due_at", "in_the_past")
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"resolution": "receive_as_separate_lot"}, "resolution_not_possible"),
        ({"resolution": "dispose", "quantity": 8}, "already_resolved"),
    ],
)
def test_what_is_not_possible_is_refused(found, staff, body, code):
    ok(staff.get("discrepancies/"))
    before = state()
    assert_problem(staff.post(f"discrepancies/{found.pk}/resolve/", body), 409, code)
    assert state() == before


def test_a_resolved_one_is_not_resolved_again(found, staff):
    path = f"discrepancies/{found.pk}/resolve/"
    ok(staff.post(path, {"resolution": "dispose"}))
    before = state()
    assert_problem(staff.post(path, {"resolution": "dispose"}), 409, "already_resolved")
    assert state() == before


def test_the_quarantine_queue_resolves_it_too(found, staff, merchant):
    body = {"quantity": 7, "reason": "Not ours"}
    ok(staff.post(f"quarantine/{found.case_id}/return-to-merchant/", body))
    told = ok(merchant.get(f"discrepancies/{found.pk}/"))
    assert (told["status"], told["open_quantity"], told["resolutions"]) == ("resolved", 0, [])
    refused = staff.post(f"discrepancies/{found.pk}/resolve/", {"resolution": "dispose"})
    assert_problem(refused, 409, "already_resolved")


def test_the_merchant_is_told(found, staff):
    ok(staff.post(f"discrepancies/{found.pk}/resolve/", {"resolution": "dispose", "quantity": 2}))
    event = Event.objects.get(topic="discrepancy.resolved")
    assert (event.merchant, event.object) == (found.merchant, found.wro.number)
    assert event.payload == {
        "discrepancy": found.pk,
        "type": "lot_mismatch",
        "resolution": "dispose",
        "quantity": 2,
        "open": 5,
        "lot": found.lot_id,
        "note": "",
    }


def test_photos_are_handed_to_those_who_may_see_it(found, staff, merchant):
    path = f"discrepancies/{found.pk}/add-photo/"
    (photo,) = ok(staff.send(path, {"file": picture("front.png")}))["photos"]
    assert photo["name"] == "front.png"
    answer = merchant.get(f"photos/{photo['id']}/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert answer.content == picture("front.png").read()
    stranger = caller(make_merchant("OTHER"))
    assert_problem(stranger.get(f"photos/{photo['id']}/"), 404, "not_found")
    assert_problem(merchant.send(path, {"file": picture()}), 404, "not_found")


def test_what_only_begins_like_a_picture_is_none(found, staff):
    fake = picture()
    fake.file.seek(0)
    cut = type(fake)("box.png", fake.read()[:20])
    answer = staff.send(f"discrepancies/{found.pk}/add-photo/", {"file": cut})
    assert errors_of(answer) == [("file", "file_type_not_allowed")]
    assert not Photo.objects.exists()


def test_a_delivery_without_a_wro(world, vitamin, staff, merchant):
    body = {"warehouse": "CHI", "carrier": "UPS", "tracking_number": "1Z9", "boxes": 2}
    told = ok(staff.post("deliveries/", body), 201)
    path = f"deliveries/{told['id']}/"
    number = f"URO-{told['id']:06d}"
    assert (told["number"], told["merchant"], told["status"]) == (number, None, "recorded")
    assert told["due_at"] == "2026-06-02T09:00:00Z"
    ok(staff.send(path + "add-photo/", {"file": picture()}))
    assert merchant.get(path).status_code == 404
    lines = [{"sku": "VITAMIN", "quantity": 5, "lot_number": "VC-A", "expires_on": "2026-10-31"}]
    assert errors_of(staff.post(path + "receive/", {"lines": lines})) == [("merchant", "required")]
    told = ok(staff.post(path + "receive/", {"merchant": "ACME", "lines": lines}))
    assert (told["merchant"], told["status"], told["discrepancies"]) == ("ACME", "received", 1)
    assert ok(merchant.get(path))["photos"] == told["photos"]
    assert standing(vitamin) == {("QUARANTINE", "VC-A"): 5}
    wro = arrived(world, line(vitamin, 3, ("VC-A", SOON, 3)))
    told = ok(staff.post(path + "link/", {"wro": wro.pk}))
    assert (told["wro"], told["status"], told["discrepancies"]) == (wro.number, "linked", 1)
    assert standing(vitamin) == {("DOCK", "VC-A"): 3, ("QUARANTINE", "VC-A"): 2}
    (left,) = ok(merchant.get(f"discrepancies/?wro={wro.number}"))["results"]
    assert (left["type"], left["open_quantity"], left["delivery"]) == ("no_wro", 2, number)
    assert list(differences()) == []
    topics = Event.objects.filter(object=number).order_by("id")
    assert [event.topic for event in topics] == [
        "delivery.received",
        "discrepancy.opened",
        "delivery.linked",
    ]


def test_a_delivery_goes_back_unopened(world, staff):
    told = ok(staff.post("deliveries/", {"warehouse": "CHI", "merchant": "ACME"}), 201)
    path = f"deliveries/{told['id']}/return-to-merchant/"
    assert ok(staff.post(path, {"note": "Refused at the door"}))["status"] == "returned"
    assert_problem(staff.post(path, {"note": "Again"}), 409, "wrong_status")
    assert UnidentifiedDelivery.objects.waiting().count() == 0
    assert Balance.objects.filter(on_hand__gt=0).count() == 0


def test_check_in_rules(world, vitamin, merchant, staff):
    path = "settings/check-in-rules/"
    rule = ok(merchant.post(path, {"sku": "VITAMIN", "channel": "fba", "min_percent": 66}), 201)
    assert rule == {
        "id": rule["id"],
        "sku": "VITAMIN",
        "channel": "fba",
        "min_days": None,
        "min_percent": 66,
    }
    body = {"sku": "VITAMIN", "channel": "fba", "min_days": 9}
    assert_problem(merchant.post(path, body), 409, "rule_exists")
    assert errors_of(merchant.post(path, {"min_percent": None})) == [("min_days", "required")]
    assert errors_of(merchant.post(path, {"min_percent": 101})) == [("min_percent", "max_value")]
    own = f"{path}{rule['id']}/"
    assert ok(merchant.patch(own, {"min_days": 30, "channel": None}))["channel"] is None
    assert ok(staff.get(f"{path}?merchant=ACME"))["results"][0]["min_days"] == 30
    assert merchant("delete", own).status_code == 204
    assert ok(merchant.get(path))["results"] == []
