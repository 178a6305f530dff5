"""Over the API: formats, numbers drawn and read, look-alikes, merges, papers, the registry."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from inventory.models import Lot, LotAttachment
from inventory.services.lot_attachments import attach_to_lot
from merchants.errors import NotFound
from merchants.models import Event
from merchants.uploads import PAPERS, checked
from tests.builders import World, acting, make_lot, make_merchant, put, stands
from tests.inventory.refused import assert_refused
from tests.merchants.api import Caller, assert_problem, caller, errors_of
from tests.receiving.builders import line, submitted

PDF = b"%PDF-1.7\nA certificate"
DAY = date(2027, 1, 31)


@pytest.fixture
def merchant(world: World) -> Caller:
    return caller(world.merchant)


@pytest.fixture
def staff(world: World) -> Caller:
    return caller()


@pytest.fixture
def product(world: World) -> Any:
    return world.lot_product("WLD01")


def ok(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    return answer.json()


# Formats ------------------------------------------------------------------------------------------


def test_a_format_is_made_read_and_changed(merchant, product):
    made = ok(merchant.post("lot-formats/", {"pattern": "{YY}{MM}-{BRAND}-{PRODUCT}-{SEQ:3}"}), 201)
    assert made == {
        "id": made["id"],
        "sku": None,
        "pattern": "{YY}{MM}-{BRAND}-{PRODUCT}-{SEQ:3}",
        "date_means": "manufactured",
        "brand": "",
        "product_code": "",
        "supplier": "",
        "line": "",
        "is_active": True,
        "example": "2606-BRAND-PRODUCT-001",
    }
    path = f"lot-formats/{made['id']}/"
    changed = ok(merchant.patch(path, {"brand": "LWX", "product_code": "WLD01"}))
    assert changed["example"] == "2606-LWX-WLD01-001"
    assert ok(merchant.get("lot-formats/?is_active=true"))["results"] == [changed]
    assert ok(merchant.get("lot-formats/?sku=WLD01"))["results"] == []
    assert errors_of(merchant.patch(path, {"sku": "WLD01"})) == [("sku", "read_only")]
    assert errors_of(merchant.patch(path, {"pattern": "{BRAND}{LINE}"})) == [
        ("pattern", "ambiguous")
    ]
    assert_problem(merchant.post("lot-formats/", {"pattern": "{SEQ:2}"}), 409, "lot_format_taken")
    own = ok(merchant.post("lot-formats/", {"pattern": "{SEQ:2}", "sku": "WLD01"}), 201)
    assert (own["sku"], own["example"]) == ("WLD01", "01")


def test_a_number_is_drawn(merchant, staff, product):
    assert_problem(merchant.post("lots/draw-number/", {"sku": "WLD01"}), 409, "no_lot_format")
    body = {"pattern": "{YY}{MM}{DD}{LINE}{SEQ:2}", "line": "A"}
    ok(merchant.post("lot-formats/", body), 201)
    first = ok(merchant.post("lots/draw-number/", {"sku": "WLD01"}, Idempotency_Key="one"))
    assert first == {"number": "260601A01", "manufactured_on": "2026-06-01", "expires_on": None}
    again = ok(merchant.post("lots/draw-number/", {"sku": "WLD01"}, Idempotency_Key="one"))
    assert again == first
    other = {"sku": "WLD01", "date": "2026-05-31", "line": "C3", "merchant": "ACME"}
    assert ok(staff.post("lots/draw-number/", other))["number"] == "260531C301"
    wrong = {"sku": "WLD01", "line": "C-3"}
    assert errors_of(merchant.post("lots/draw-number/", wrong)) == [("line", "word_invalid")]


def test_a_number_is_read(merchant, product):
    ok(merchant.post("lot-formats/", {"pattern": "{YY}{MM}{DD}{LINE}"}), 201)
    lot = make_lot(product, "230815B")
    body = {"sku": "WLD01", "number": " 2308158 "}
    assert ok(merchant.post("lots/read-number/", body)) == {
        "number": "2308158",
        "manufactured_on": "2023-08-15",
        "expires_on": None,
        "parts": {"YY": "23", "MM": "08", "DD": "15", "LINE": "8"},
        "lot": None,
        "look_alikes": ["230815B"],
    }
    assert ok(merchant.post("lots/read-number/", {"sku": "WLD01", "number": "230815b"})) == {
        "number": "230815b",
        "manufactured_on": "2023-08-15",
        "expires_on": None,
        "parts": {"YY": "23", "MM": "08", "DD": "15", "LINE": "b"},
        "lot": lot.pk,
        "look_alikes": [],
    }
    other = ok(merchant.post("lots/read-number/", {"sku": "WLD01", "number": "X"}))
    assert (other["parts"], other["manufactured_on"], other["lot"]) == ({}, None, None)


def test_without_a_format_nothing_is_read(merchant, product):
    other = ok(merchant.post("lots/read-number/", {"sku": "WLD01", "number": "230815A"}))
    assert (other["parts"], other["manufactured_on"]) == ({}, None)


# Look-alikes --------------------------------------------------------------------------------------


def test_a_look_alike_is_asked_about(merchant, product):
    make_lot(product, "VC-01")
    body = {"sku": "WLD01", "number": "VC-O1"}
    with assert_refused("lot_looks_like") as refused:
        answer = merchant.post("lots/", body)
        refused(answer)
    assert answer.json()["detail"].startswith("VC-O1 looks like the lot VC-01.")
    made = ok(merchant.post("lots/", body | {"confirm_new": True}), 201)
    assert "confirm_new" not in made
    path = f"lots/{made['id']}/"
    assert_problem(merchant.patch(path, {"number": "VC 01 "}), 409, "lot_looks_like")
    changed = ok(merchant.patch(path, {"number": "VC.01", "confirm_new": True}))
    assert changed["number"] == "VC.01"


def test_a_wro_is_asked_about_too(merchant, world, product):
    make_lot(product, "VC-01")
    lots = [{"number": "VC-O1", "quantity": 2}]
    body = {"warehouse": "CHI", "lines": [{"sku": "WLD01", "quantity": 2, "lots": lots}]}
    assert_problem(merchant.post("wros/", body | {"submit": True}), 409, "lot_looks_like")
    draft = ok(merchant.post("wros/", body), 201)
    submit = f"wros/{draft['id']}/submit/"
    assert_problem(merchant.post(submit), 409, "lot_looks_like")
    assert ok(merchant.post(submit, {"confirm_new": True}))["status"] == "awaiting"
    other = body | {
        "lines": [{"sku": "WLD01", "quantity": 2, "lots": [{**lots[0], "number": "VCO1"}]}]
    }
    made = ok(merchant.post("wros/", other | {"submit": True, "confirm_new": True}), 201)
    assert made["status"] == "awaiting"


# Merge --------------------------------------------------------------------------------------------


@pytest.fixture
def pair(world, product) -> tuple[Lot, Lot]:
    good, typed = make_lot(product, "VC-01", DAY), make_lot(product, "VC-O1", DAY)
    put(product, world.bins[0], 5, typed)
    put(product, world.bins[1], 7, good)
    return typed, good


def test_lots_are_merged(staff, merchant, product, pair):
    typed, good = pair
    path, body = f"lots/{typed.pk}/merge-into/", {"target": good.pk, "dry_run": True}
    moves = [{"warehouse": "CHI", "location": "A-01", "quantity": 5, "committed": 0}]
    wanted = {
        "source": {"id": typed.pk, "number": "VC-O1", "expires_on": "2027-01-31"},
        "target": {"id": good.pk, "number": "VC-01", "expires_on": "2027-01-31"},
        "quantity": 5,
        "moves": moves,
        "promises": [],
        "dry_run": True,
    }
    assert ok(staff.post(path, body)) == wanted
    assert stands(product) == {("A-01", "VC-O1"): (5, 0), ("A-02", "VC-01"): (7, 0)}
    assert ok(staff.post(path, body | {"dry_run": False})) == wanted | {"dry_run": False}
    assert stands(product) == {("A-01", "VC-01"): (5, 0), ("A-02", "VC-01"): (7, 0)}

    found = ok(merchant.get("lots/?number=vc-o1"))["results"]
    assert [(one["number"], one["merged_into"], one["also_known_as"]) for one in found] == [
        ("VC-01", None, ["VC-O1"]),
        ("VC-O1", good.pk, []),
    ]
    order = {"warehouse": "CHI", "lines": [{"sku": "WLD01", "quantity": 1, "lot_number": "VC-O1"}]}
    ordered = ok(merchant.post("orders/", order), 201)["lines"][0]
    assert [one["lot_number"] for one in ordered["allocations"]] == ["VC-01"]


def test_a_merge_tells_promises_and_asks_about_dates(staff, merchant, product, pair):
    typed, _ = pair
    later = make_lot(product, "OTHER", date(2027, 3, 1))
    order = {"warehouse": "CHI", "lines": [{"sku": "WLD01", "quantity": 5, "lot_number": "VC-O1"}]}
    number = ok(merchant.post("orders/", order), 201)["number"]
    path = f"lots/{typed.pk}/merge-into/"
    assert_problem(staff.post(path, {"target": later.pk}), 409, "expiry_differs")
    merged = ok(staff.post(path, {"target": later.pk, "expiry": "target", "reason": "Label"}))
    assert merged["promises"] == [{"order": number, "quantity": 5, "backordered": 0}]


def test_refused_merges(staff, merchant, pair):
    typed, good = pair
    path = f"lots/{typed.pk}/merge-into/"
    assert_problem(merchant.post(path, {"target": good.pk}), 404, "not_found")
    assert_problem(staff.post(path, {"target": 999_999}), 404, "not_found")
    assert errors_of(staff.post(path, {"target": typed.pk})) == [("target", "same_lot")]
    assert errors_of(staff.post(path, {"target": good.pk, "expiry": "both"})) == [
        ("expiry", "invalid_choice")
    ]


# The registry -------------------------------------------------------------------------------------


def test_a_quality_claim_finds_its_batch(merchant, world, product, clock):
    body = {
        "sku": "WLD01",
        "number": "B-7",
        "supplier": "Roquette",
        "production_run": "R-2026-11",
        "manufactured_on": "2026-05-04",
    }
    made = ok(merchant.post("lots/", body), 201)
    assert (made["supplier"], made["production_run"]) == ("Roquette", "R-2026-11")
    other = make_lot(product, "C-9", DAY, manufactured_on=date(2026, 5, 5), supplier="Cargill")
    put(product, world.bins[0], 5, other)
    wro = submitted(world, line(product, 3, ("B-7", None, 3)))
    for query, numbers in {
        "supplier=roquette": ["B-7"],
        "supplier=Roq": [],
        "production_run=r-2026-11": ["B-7"],
        "manufactured_after=2026-05-04": ["C-9"],
        "manufactured_before=2026-05-05": ["B-7"],
        "received_after=2026-05-31": ["C-9"],
        "received_after=2026-06-01": [],
        "received_before=2026-06-01": [],
        "received_before=2026-06-02": ["C-9"],
        f"wro={wro.number}": ["B-7"],
        "sku=WLD01&number=b-7": ["B-7"],
    }.items():
        found = ok(merchant.get(f"lots/?{query}"))["results"]
        assert [one["number"] for one in found] == numbers, query
    changed = ok(merchant.patch(f"lots/{made['id']}/", {"supplier": ""}))
    assert (changed["supplier"], changed["production_run"]) == ("", "R-2026-11")


# Papers -------------------------------------------------------------------------------------------


def paper(data: bytes = PDF, name: str = "CoA ünïcode.exe") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "text/html")


def test_a_certificate_is_kept_and_handed_out(merchant, product):
    lot = make_lot(product, "B-7")
    made = ok(
        merchant.send(f"lots/{lot.pk}/attachments/", {"file": paper(), "note": "By post"}), 201
    )
    assert made == {
        "id": made["id"],
        "lot": lot.pk,
        "kind": "certificate",
        "name": "CoA ünïcode.pdf",
        "media_type": "application/pdf",
        "size_bytes": len(PDF),
        "note": "By post",
        "uploaded_at": "2026-06-01T09:00:00Z",
    }
    row = LotAttachment.objects.get()
    assert (row.file.name.startswith("inventory.lotattachment/"), str(row)) == (True, made["name"])
    assert Event.objects.get(topic="lot.attached").payload == {
        "number": "B-7",
        "kind": "certificate",
        "name": "CoA ünïcode.pdf",
    }
    for query, count in {
        f"lot={lot.pk}": 1,
        "lot=1000": 0,
        "number=B-7": 1,
        "kind=photo": 0,
    }.items():
        assert len(ok(merchant.get(f"lot-attachments/?{query}"))["results"]) == count, query

    answer = merchant.get(f"lot-attachments/{made['id']}/file/")

    assert (answer.status_code, answer.content) == (200, PDF)
    assert answer["Content-Type"] == "application/pdf"
    assert (
        answer["Content-Disposition"] == "attachment; filename*=utf-8''CoA%20%C3%BCn%C3%AFcode.pdf"
    )
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"


def test_no_stranger_gets_it(merchant, product):
    lot = make_lot(product, "B-7")
    made = ok(merchant.send(f"lots/{lot.pk}/attachments/", {"file": paper()}), 201)
    stranger = caller(make_merchant("OTHER"))
    assert_problem(stranger.get(f"lot-attachments/{made['id']}/file/"), 404, "not_found")
    assert_problem(stranger.get(f"lot-attachments/{made['id']}/"), 404, "not_found")
    answer = stranger.send(f"lots/{lot.pk}/attachments/", {"file": paper()})
    assert_problem(answer, 404, "not_found")


@pytest.mark.parametrize(
    ("form", "errors"),
    [
        ({"file": paper(b"<html>", "coa.pdf")}, [("file", "file_type_not_allowed")]),
        ({}, [("file", "required")]),
        ({"file": paper(), "kind": "poem"}, [("kind", "invalid_choice")]),
        ({"file": paper(), "note": "x" * 501}, [("note", "max_length")]),
    ],
)
def test_other_files_are_refused(merchant, product, form, errors):
    lot = make_lot(product, "B-7")
    answer = merchant.send(f"lots/{lot.pk}/attachments/", form)
    assert errors_of(answer) == errors
    assert not LotAttachment.objects.exists()


def test_a_lot_with_papers_is_not_deleted(merchant, product):
    lot = make_lot(product, "B-7")
    ok(merchant.send(f"lots/{lot.pk}/attachments/", {"file": paper()}), 201)
    assert_problem(merchant("delete", f"lots/{lot.pk}/"), 409, "lot_in_use")


def test_a_lot_that_is_gone_gets_no_papers(merchant, product):
    upload = checked(paper(), allowed=PAPERS)
    with pytest.raises(NotFound):
        attach_to_lot(lot_id=0, upload=upload, kind="certificate", **acting())
    assert not LotAttachment.objects.exists()
