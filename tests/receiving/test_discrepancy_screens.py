from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from receiving.models import CheckInRule, Discrepancy, ReceiptFacts, UnidentifiedDelivery
from receiving.services import Count
from tests.builders import house
from tests.inventory.admin import browser, errors, html, member_of, says
from tests.pictures import picture
from tests.receiving.builders import NEXT_YEAR, arrived, count, line, standing
from tests.refusals import state

SOON = date(2026, 10, 31)
QUEUE = "/admin/receiving/discrepancy/"
DELIVERIES = "/admin/receiving/unidentifieddelivery/"
RULES = "/admin/receiving/checkinrule/"


@pytest.fixture
def found(world, vitamin) -> Discrepancy:
    """7 units of a lot that was not announced, in quarantine."""
    wro = arrived(world, line(vitamin, 100, ("VC-A", SOON, 100)))
    count(wro, Count(vitamin, 7, "VC-X", SOON))
    return Discrepancy.objects.get()


def titles(response) -> list[str]:
    return [one.get_type_display() for one in response.context["cl"].result_list]


def test_the_queue_shows_what_is_overdue_first_then_the_oldest(found, vitamin, clock):
    clock.advance(hours=30)
    count(found.wro, Count(vitamin, 3))
    late = Discrepancy.objects.latest("id")
    Discrepancy.objects.filter(pk=late.pk).update(due_at=clock.now)
    clock.advance(hours=1)
    page = browser().get(QUEUE)
    assert titles(page) == ["Unreadable barcode", "Lot mismatch"]
    assert "Overdue by 1 h" in html(page)
    assert "1 d" in html(page)
    client = browser()
    for query, shown in [
        ("state=overdue", 1),
        ("state=resolved", 0),
        ("state=all", 2),
        ("owner=me", 0),
        ("owner=none", 2),
        ("type__exact=lot_mismatch", 1),
        (f"q={found.wro.number}", 2),
        ("q=VC-X", 1),
        ("q=URO-7", 0),
        ("q=VITAMIN", 2),
    ]:
        assert len(client.get(f"{QUEUE}?{query}").context["cl"].result_list) == shown, query


def test_the_queue_takes_the_same_queries_for_any_number(found, vitamin, world):
    client = browser()
    client.get(QUEUE)
    with CaptureQueriesContext(connection) as few:
        client.get(QUEUE)
    for number in ("A", "B", "C"):
        count(found.wro, Count(vitamin, 3, f"VC-{number}", SOON))
    with CaptureQueriesContext(connection) as many:
        client.get(QUEUE)
    assert len(many) == len(few)


def test_its_page_says_what_each_button_does(found):
    shown = html(browser().get(f"{QUEUE}{found.pk}/change/"))
    for words in (
        "Accept as received",
        "The units leave quarantine for a bin",
        "Correct the lot",
        "Dispose",
        "Nobody yet",
        "quarantine case",
    ):
        assert words in shown, words
    assert "Receive as a separate lot" not in shown
    assert browser().get(f"{QUEUE}999/change/").status_code == 302


def test_it_is_resolved_there(found, vitamin):
    path = f"{QUEUE}{found.pk}/resolve/accept_as_received/"
    client = browser()
    assert "Of 7 that are open." in html(client.get(path))
    refused = client.post(path, {"quantity": 8, "note": "Good"})
    assert errors(refused) == {"quantity": ["7 of its units are open, not 8."]}
    answer = client.post(path, {"quantity": 7, "note": "Good", "location": "A-03"})
    assert says(answer) == ["Accept as received: 7 units."]
    assert standing(vitamin) == {("A-03", "VC-X"): 7}
    shown = html(client.get(f"{QUEUE}{found.pk}/change/"))
    assert "What was decided" in shown
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("way", ["correct_lot", "return_to_merchant", "dispose"])
def test_each_way_has_its_form(found, way):
    assert browser().get(f"{QUEUE}{found.pk}/resolve/{way}/").status_code == 200
    assert browser().get(f"{QUEUE}{found.pk}/resolve/receive_as_separate_lot/").status_code == 404


def test_owner_deadline_and_note(found):
    client = browser()
    path = f"{QUEUE}{found.pk}/care/"
    body = {"owner": house().pk, "due_at": "2026-06-09T10:00", "note": "Asked"}
    assert says(client.post(path, body)) == ["Saved."]
    found = Discrepancy.objects.get()
    assert (found.owner, found.due_at.isoformat(), found.note) == (
        house(),
        "2026-06-09T10:00:00+00:00",
        "Asked",
    )
    assert "2026-06-09" in html(client.get(path))


def test_a_deadline_that_has_passed_stays_and_none_is_set(found, clock):
    client = browser()
    path = f"{QUEUE}{found.pk}/care/"
    clock.advance(days=30)
    shown = client.get(path).context["form"]["due_at"].value().strftime("%Y-%m-%dT%H:%M")
    body = {"owner": "", "due_at": shown, "note": "Still waiting"}
    assert says(client.post(path, body)) == ["Saved."]
    assert Discrepancy.objects.get().due_at == found.due_at.replace(second=0, microsecond=0)
    body["due_at"] = "2026-06-05T10:00"
    assert list(errors(client.post(path, body))) == ["due_at"]


def test_photos(found):
    client = browser()
    path = f"{QUEUE}{found.pk}/add-photo/"
    assert 'enctype="multipart/form-data"' in html(client.get(path))
    assert says(client.post(path, {"file": picture()})) == ["The photo is kept."]
    photo = found.photos.get()
    shown = client.get(f"{QUEUE}photos/{photo.pk}/")
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/png")
    assert shown.content.startswith(b"\x89PNG")
    assert f"{QUEUE}photos/{photo.pk}/" in html(client.get(f"{QUEUE}{found.pk}/change/"))
    wrong = picture()
    wrong = type(wrong)("box.png", b"<svg onload=alert(1)>")
    refused = client.post(path, {"file": wrong})
    assert errors(refused) == {"file": ["The file is none of JPG, PNG, WEBP."]}


def test_who_only_reads_changes_nothing(found, world):
    reader = member_of("billing")
    assert reader.get(QUEUE).status_code == 200
    assert "Dispose" not in html(reader.get(f"{QUEUE}{found.pk}/change/"))
    before = state()
    for path in (f"{QUEUE}{found.pk}/resolve/dispose/", f"{QUEUE}{found.pk}/care/",
                 f"{QUEUE}{found.pk}/add-photo/", f"{DELIVERIES}add/"):  # fmt: skip
        assert reader.post(path, {"quantity": 7}).status_code == 403, path
    assert state() == before


def test_a_delivery_from_the_door_to_its_wro(world, vitamin):
    client = member_of("associate")
    body = {"warehouse": world.warehouse.pk, "carrier": "UPS", "tracking_number": "1Z", "boxes": 2}
    answer = client.post(f"{DELIVERIES}add/", body)
    made = UnidentifiedDelivery.objects.get()
    assert made.number == f"URO-{made.pk:06d}"
    assert says(answer) == [f"Recorded as {made.number}: write the number on the boxes."]
    page = f"{DELIVERIES}{made.pk}/"
    assert "Not known yet" in html(client.get(f"{page}change/"))
    assert made.number in html(client.get(f"{DELIVERIES}?q=URO-{made.pk}"))
    body = {"merchant": world.merchant.pk, "sku": "NONE", "quantity": 5}
    assert list(errors(client.post(f"{page}receive/", body))) == ["sku"]
    wrong = body | {"sku": "VITAMIN", "expires_on": "0026-10-31"}
    assert list(errors(client.post(f"{page}receive/", wrong))) == ["expires_on"]
    body |= {"sku": "VITAMIN", "lot_number": "VC-A", "expires_on": "2026-10-31"}
    assert says(client.post(f"{page}receive/", body)) == ["5 units received to quarantine."]
    assert standing(vitamin) == {("QUARANTINE", "VC-A"): 5}
    assert says(client.post(f"{page}add-photo/", {"file": picture()}))[-1] == "The photo is kept."
    wro = arrived(world, line(vitamin, 5, ("VC-A", SOON, 5)))
    assert wro.number in html(client.get(f"{page}link/"))
    answer = client.post(f"{page}link/", {"wro": wro.pk})
    assert says(answer)[-1] == f"{made.number} is linked to {wro.number}."
    assert standing(vitamin) == {("DOCK", "VC-A"): 5}
    assert "Linked to a WRO" in html(client.get(f"{page}change/"))
    assert client.get(f"{page}link/").status_code == 404


def test_a_delivery_is_not_received_twice_by_pressing_twice(world, vitamin):
    client = member_of("associate")
    client.post(f"{DELIVERIES}add/", {"warehouse": world.warehouse.pk, "boxes": 2})
    page = f"{DELIVERIES}{UnidentifiedDelivery.objects.get().pk}/receive/"
    knows = client.get(page).context["form"]["knows"].value()
    body = {"merchant": world.merchant.pk, "sku": "VITAMIN", "lot_number": "VC-A", "quantity": 5}
    assert says(client.post(page, body | {"knows": knows})) == ["5 units received to quarantine."]
    again = client.post(page, body | {"knows": knows})
    assert "were received since this page was opened" in html(again)
    assert standing(vitamin) == {("QUARANTINE", "VC-A"): 5}
    others = body | {"knows": again.context["form"]["knows"].value()}
    assert says(client.post(page, others)) == ["5 units received to quarantine."]
    assert standing(vitamin) == {("QUARANTINE", "VC-A"): 10}


@pytest.mark.parametrize(
    ("way", "status"), [("return-to-merchant", "returned"), ("dispose", "disposed")]
)
def test_boxes_leave_unopened(world, way, status):
    client = browser()
    client.post(f"{DELIVERIES}add/", {"warehouse": world.warehouse.pk, "boxes": 1})
    made = UnidentifiedDelivery.objects.get()
    assert client.get(f"{DELIVERIES}{made.pk}/{way}/").status_code == 200
    client.post(f"{DELIVERIES}{made.pk}/{way}/", {"note": "Not ours"})
    made.refresh_from_db()
    assert (made.status, made.note) == (status, "Not ours")


def test_check_in_rules_are_kept_by_a_form(world, vitamin):
    client = browser()
    body = {"merchant": world.merchant.pk, "product": vitamin.pk, "channel": "fba", "min_days": 90}
    assert client.post(f"{RULES}add/", body).status_code == 302
    rule = CheckInRule.objects.get()
    refused = client.post(f"{RULES}add/", body)
    assert list(errors(refused)) == ["channel"]
    client.post(f"{RULES}{rule.pk}/change/", {"product": vitamin.pk, "min_percent": 50})
    rule.refresh_from_db()
    assert (rule.channel, rule.min_days, rule.min_percent) == ("", None, 50)
    assert "Any" in html(client.get(RULES))
    client.post(f"{RULES}{rule.pk}/delete/", {"post": "yes"})
    assert not CheckInRule.objects.exists()


def test_a_short_dated_lot_opens_a_discrepancy_for_its_channel(world, vitamin):
    client = browser()
    whole = {"merchant": world.merchant.pk, "min_days": 5}
    for more in ({"channel": "fba", "min_days": 999}, {"channel": "b2b", "min_percent": 40}, {}):
        assert client.post(f"{RULES}add/", whole | more).status_code == 302
    own = {"product": vitamin.pk, "channel": "fba", "min_days": 200}
    assert client.post(f"{RULES}add/", whole | own).status_code == 302
    wro = arrived(world, line(vitamin, 5, ("VC-A", SOON, 5)))
    count(wro, Count(vitamin, 5, "VC-A"))
    found = Discrepancy.objects.get()
    assert (found.type, found.quantity) == ("short_dated_on_arrival", 5)
    assert found.explanation == (
        "40 % of its shelf life needed for Business to business: how much is left is not known, as "
        "the lot has no manufacturing date before its expiry. "
        "152 days remaining, 200 needed for Fulfilled by Amazon."
    )


def test_traceability_is_filled_in_on_the_wro(world):
    spinach = world.lot_product("SPINACH", is_ftl=True, ftl_category="leafy_greens")
    wro = arrived(world, line(spinach, 10, ("SAL-1", NEXT_YEAR, 10)))
    count(wro, Count(spinach, 10, "SAL-1"))
    client = browser()
    path = f"/admin/receiving/wro/{wro.pk}/traceability/"
    shown = html(client.get(path))
    assert "Location of the immediate previous source" in shown
    lot = spinach.lots.get()
    body = {"previous_source": "Green Farm", "tlc_source_reference": "0614141000005",
            "document_type": "BOL", "lots": [lot.pk]}  # fmt: skip
    assert says(client.post(path, body)) == [
        "Saved. Missing: type and number of the reference document."
    ]
    answer = client.post(path, body | {"document_number": "9"})
    assert says(answer)[-1] == "Saved. Nothing is missing."
    assert ReceiptFacts.objects.get().lot == lot


def test_a_wro_without_such_foods_has_no_such_page(found):
    answer = browser().get(f"/admin/receiving/wro/{found.wro_id}/traceability/")
    assert answer.status_code == 302
