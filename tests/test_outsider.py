"""A merchant among other merchants: their rows answer as if they were not there.

Every route of the OpenAPI schema that names an id is asked for another merchant's id and for one
that nobody has; both answers are the same, to the byte. A new route needs a line in `IDS` and, for
a verb with a body, in `BODIES`; without them a test fails.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from drf_spectacular.generators import SchemaGenerator

from tests.builders import make_merchant
from tests.inventory.label_reading import texts_on
from tests.merchants.api import Caller, caller
from tests.pictures import picture
from tests.refusals import state

NOBODYS = 987_654_321
CANARY = "CANARY"
HERE = "<here>"
CHANGES = ("post", "patch", "put", "delete")
Route = tuple[str, str]  # method, path as the schema has it


PATHS: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)["paths"]


def operation(route: Route) -> dict[str, Any]:
    method, path = route
    found: dict[str, Any] = PATHS[path][method]
    return found


def resource(path: str) -> str:
    """`/api/v1/wros/{id}/submit/` is about `wros`."""
    return path.removeprefix("/api/v1/").partition("/")[0]


ROUTES = sorted((method, path) for path, methods in PATHS.items() for method in methods)
BY_ID = [route for route in ROUTES if "{" in route[1]]
LISTS = [path for method, path in ROUTES if method == "get" and "{" not in path]
STAFF_ONLY = [route for route in ROUTES if "Staff keys only." in operation(route)["description"]]


@dataclass
class Stage:
    """Nord, whose every text says CANARY, and Glow, who must never hear of it."""

    nord: Caller
    glow: Caller
    staff: Caller
    location: int = 0
    ids: dict[str, int] = field(default_factory=dict)

    def make(self, who: Caller, path: str, body: Any = None) -> dict[str, Any]:
        answer = who.post(path, body)
        assert answer.status_code in (200, 201), (path, answer.content)
        made: dict[str, Any] = answer.json()
        return made


def play(stage: Stage, who: Caller, tag: str, code: str) -> dict[str, int]:
    """A merchant's stock comes in, is ordered, ships, comes back to quarantine, and is held.

    Every text that can be given begins with `tag`. Returns one id of each resource.
    """
    sku = f"{tag}-SKU"
    fields = {"sku": sku, "name": f"{tag} name", "is_lot_product": True}
    product = stage.make(who, "products/", fields)["id"]
    wro = bring_in(stage, who, tag, f"{code}-01")
    lot = who.get("lots/").json()["results"][0]["id"]
    order = sell(stage, who, tag)
    wave = gather(stage, who, tag)
    set_aside = keep(stage, who, tag)
    transfer = take_elsewhere(stage, tag, code)
    sent_back = send_back(stage, who, tag, order)
    pattern = {"pattern": f"{tag}-{{SEQ:3}}", "sku": sku}
    lot_format = stage.make(who, "lot-formats/", pattern)["id"]
    paper = attach(who, tag, lot)
    hold = stage.make(who, "holds/", {"lot": lot, "reason": f"{tag} reason"})["id"]
    wish = {"action": "dispose", "quantity": 1, "reason": f"{tag} reason"}
    disposal = stage.make(who, f"lots/{lot}/disposal-requests/", wish)["id"]
    (case,) = who.get("quarantine/").json()["results"]
    differs = differ(stage, who, tag, code)
    listed = who.patch(f"products/{product}/", {"is_ftl": True, "ftl_category": "nut_butters"})
    assert listed.status_code == 200, listed.content
    return {
        "products": product,
        "inventory": product,
        "lots": lot,
        "lot-formats": lot_format,
        "lot-attachments": paper,
        "wros": wro,
        "orders": order,
        "waves": wave,
        "returns": sent_back,
        "transfers": transfer,
        "holds": hold,
        "set-asides": set_aside,
        "quarantine": case["id"],
        **differs,
        "disposal-requests": disposal,
    }


def differ(stage: Stage, who: Caller, tag: str, code: str) -> dict[str, int]:
    """Boxes without a WRO, with a picture and a discrepancy; and a rule about what arrives."""
    words = {"carrier": f"{tag} carrier", "tracking_number": f"{tag}-URO", "note": f"{tag} note"}
    body = {"merchant": code, "warehouse": "EAST", **words}
    delivery = stage.make(stage.staff, "deliveries/", body)["id"]
    line = {"sku": f"{tag}-SKU", "quantity": 1, "lot_number": f"{tag}-STRAY"}
    stage.make(stage.staff, f"deliveries/{delivery}/receive/", {"lines": [line]})
    found = who.get("discrepancies/").json()["results"][-1]["id"]
    told = stage.staff.send(f"discrepancies/{found}/add-photo/", {"file": picture(f"{tag}.png")})
    rule = stage.make(who, "settings/check-in-rules/", {"sku": f"{tag}-SKU", "min_days": 9})
    photo = told.json()["photos"][0]["id"]
    return {
        "deliveries": delivery,
        "discrepancies": found,
        "photos": photo,
        "settings": rule["id"],
    }


def attach(who: Caller, tag: str, lot: int) -> int:
    paper = SimpleUploadedFile(f"{tag}.pdf", f"%PDF-1.7 {tag}".encode())
    answer = who.send(f"lots/{lot}/attachments/", {"file": paper, "note": f"{tag} note"})
    assert answer.status_code == 201, answer.content
    number: int = answer.json()["id"]
    return number


def named(tag: str) -> dict[str, Any]:
    return {"lot_number": f"{tag}-LOT", "expires_on": "2027-01-01"}


def bring_in(stage: Stage, who: Caller, tag: str, location: str) -> int:
    lot = {"number": f"{tag}-LOT", "expires_on": "2027-01-01", "quantity": 9}
    body = {
        "warehouse": "EAST",
        "reference": f"{tag}-IN",
        "boxes": [{"tracking_number": f"{tag}-BOX"}],
        "lines": [{"sku": f"{tag}-SKU", "quantity": 9, "lots": [lot]}],
        "submit": True,
    }
    wro: int = stage.make(who, "wros/", body)["id"]
    line = {"sku": f"{tag}-SKU", "quantity": 9, **named(tag)}
    stage.make(stage.staff, f"wros/{wro}/arrive/")
    stage.make(stage.staff, f"wros/{wro}/receive/", {"lines": [line]})
    stage.make(stage.staff, f"wros/{wro}/stow/", {"lines": [{**line, "location": location}]})
    return wro


def sell(stage: Stage, who: Caller, tag: str) -> int:
    body = {
        "reference": f"{tag}-OUT",
        "warehouse": "EAST",
        "ship_to": {"name": f"{tag} Ada"},
        "lines": [{"sku": f"{tag}-SKU", "quantity": 4}],
    }
    order: int = stage.make(who, "orders/", body)["id"]
    stage.make(stage.staff, f"orders/{order}/ship/", {"tracking_number": f"{tag}-PARCEL"})
    return order


def gather(stage: Stage, who: Caller, tag: str) -> int:
    lines = [{"sku": f"{tag}-SKU", "quantity": 1}]
    left = {"reference": f"{tag}-LATER", "warehouse": "EAST", "allocate": False, "lines": lines}
    order = stage.make(who, "orders/", left)["id"]
    wave: int = stage.make(stage.staff, "waves/", {"orders": [order]})["id"]
    return wave


def keep(stage: Stage, who: Caller, tag: str) -> int:
    named = {"sku": f"{tag}-SKU", "customer": f"{tag} Fair", "reason": f"{tag} reason"}
    made = stage.make(who, "set-asides/", {**named, "warehouse": "EAST", "quantity": 2})
    number: int = made["id"]
    return number


def take_elsewhere(stage: Stage, tag: str, code: str) -> int:
    line = {"sku": f"{tag}-SKU", "quantity": 1, **named(tag)}
    ends = {"source": "EAST", "target": "WEST", "reference": f"{tag}-MOVE"}
    body = {"merchant": code, **ends, "lines": [line]}
    transfer: int = stage.make(stage.staff, "transfers/", body)["id"]
    stage.make(stage.staff, f"transfers/{transfer}/send/", {"tracking_number": f"{tag}-TRUCK"})
    return transfer


def send_back(stage: Stage, who: Caller, tag: str, order: int) -> int:
    line = {"sku": f"{tag}-SKU", "quantity": 2, **named(tag), "requested_action": "quarantine"}
    body = {"kind": "rts", "order": order, "reference": f"{tag}-BACK", "lines": [line]}
    made = stage.make(who, "returns/", body)
    found = {"line": made["lines"][0]["id"], "quantity": 2, "passed": False, **named(tag)}
    note = {"note": f"{tag} note"}
    stage.make(stage.staff, f"returns/{made['id']}/arrive/")
    stage.make(stage.staff, f"returns/{made['id']}/inspect/", {"lines": [{**found, **note}]})
    number: int = made["id"]
    return number


@pytest.fixture
def stage(db: None) -> Stage:
    nord, glow = make_merchant("NORD"), make_merchant("GLOW")
    stage = Stage(caller(nord), caller(glow), caller())
    warehouse = {"code": "EAST", "name": "East", "timezone": "America/New_York"}
    stage.make(stage.staff, "warehouses/", warehouse)
    stage.make(stage.staff, "warehouses/", {**warehouse, "code": "WEST", "name": "West"})
    for name in ("NORD-01", "GLOW-01"):
        place = stage.make(stage.staff, "locations/", {"name": name, "warehouse": "EAST"})
        stage.location = place["id"]
    stage.ids = play(stage, stage.nord, CANARY, "NORD")
    return stage


# Ids in paths ------------------------------------------------------------------------------------

# The resources that are asked for by id; `Stage.ids` has one of each.
IDS = {
    "products",
    "inventory",
    "lots",
    "lot-formats",
    "lot-attachments",
    "wros",
    "orders",
    "waves",
    "returns",
    "transfers",
    "holds",
    "set-asides",
    "quarantine",
    "disposal-requests",
    "deliveries",
    "discrepancies",
    "photos",
    "settings",
}
# What a caller that may do it would send; other routes take no body.
BODIES: dict[Route, Any] = {
    ("patch", "/api/v1/products/{id}/"): {"name": "Ours"},
    ("post", "/api/v1/products/{id}/break-down/"): {"lines": [{"lot_number": "A", "quantity": 1}]},
    ("patch", "/api/v1/lots/{id}/"): {"number": "OURS"},
    ("post", "/api/v1/lots/{id}/disposal-requests/"): {"action": "dispose", "reason": "Ours"},
    ("post", "/api/v1/lots/{id}/assign-to-location/"): {"location": HERE},
    ("post", "/api/v1/lots/{id}/attachments/"): {"kind": "photo"},
    ("post", "/api/v1/lots/{id}/merge-into/"): {"target": 1},
    ("patch", "/api/v1/lot-formats/{id}/"): {"line": "OURS"},
    ("patch", "/api/v1/wros/{id}/"): {"reference": "OURS"},
    ("post", "/api/v1/wros/{id}/submit/"): {"confirm_new": True},
    ("post", "/api/v1/wros/{id}/copy/"): {"with_lots": True},
    ("post", "/api/v1/wros/{id}/receive/"): {"lines": [{"sku": "A", "quantity": 1}]},
    ("post", "/api/v1/wros/{id}/stow/"): {
        "lines": [{"sku": "A", "quantity": 1, "location": "GLOW-01"}]
    },
    ("post", "/api/v1/orders/{id}/ship/"): {"tracking_number": "1Z"},
    ("post", "/api/v1/orders/{id}/swap-lot/"): {
        "line": 1,
        "source": {"lot_number": "A"},
        "target": {"lot_number": "B"},
        "quantity": 1,
        "reason": "Other lot in hand",
    },
    ("post", "/api/v1/orders/{id}/short-pick/"): {"sku": "A", "location": "GLOW-01", "found": 0},
    ("patch", "/api/v1/returns/{id}/"): {"reference": "OURS"},
    ("post", "/api/v1/returns/{id}/inspect/"): {
        "lines": [{"line": 1, "quantity": 1, "passed": True}]
    },
    ("post", "/api/v1/transfers/{id}/send/"): {"tracking_number": "1Z"},
    ("post", "/api/v1/transfers/{id}/receive/"): {
        "lines": [{"sku": "A", "quantity": 1, "location": "GLOW-01"}]
    },
    ("post", "/api/v1/transfers/{id}/write-off/"): {"reason": "Lost"},
    ("patch", "/api/v1/discrepancies/{id}/"): {"note": "Ours"},
    ("post", "/api/v1/discrepancies/{id}/resolve/"): {"resolution": "dispose"},
    ("post", "/api/v1/discrepancies/{id}/add-photo/"): {},
    ("post", "/api/v1/deliveries/{id}/receive/"): {"lines": [{"sku": "A", "quantity": 1}]},
    ("post", "/api/v1/deliveries/{id}/link/"): {"wro": 1},
    ("post", "/api/v1/deliveries/{id}/return-to-merchant/"): {"note": "Theirs"},
    ("post", "/api/v1/deliveries/{id}/dispose/"): {"note": "Bad"},
    ("post", "/api/v1/deliveries/{id}/add-photo/"): {},
    ("patch", "/api/v1/settings/check-in-rules/{id}/"): {"min_days": 1},
    ("post", "/api/v1/wros/{id}/traceability/"): {"previous_source": "Ours"},
    ("post", "/api/v1/quarantine/{id}/release/"): {"quantity": 1, "reason": "Good"},
    ("post", "/api/v1/quarantine/{id}/dispose/"): {"quantity": 1, "reason": "Bad"},
    ("post", "/api/v1/quarantine/{id}/return-to-merchant/"): {"quantity": 1, "reason": "Theirs"},
}


def test_every_resource_with_ids_is_known_here():
    assert {resource(path) for _, path in BY_ID} == IDS


def test_every_route_with_a_body_is_known_here():
    with_body = {route for route in BY_ID if "requestBody" in operation(route)}
    assert set(BODIES) == with_body


def body_of(stage: Stage, route: Route) -> Any:
    """What to send there, naming a location that there is."""
    body = BODIES.get(route)
    return {"location": stage.location} if body == {"location": HERE} else body


def ask(who: Caller, route: Route, pk: object, body: Any) -> tuple[int, str, bytes]:
    method, path = route
    answer = who(method, path.replace("{id}", str(pk)), body)
    return answer.status_code, answer.get("Content-Type", ""), answer.content


def test_another_merchants_id_answers_like_nobodys(stage):
    before = rows()
    for route in BY_ID:
        theirs = stage.ids[resource(route[1])]
        for body in (body_of(stage, route), {}, "not even JSON"):
            if route[0] not in CHANGES and body is not None:
                continue
            foreign = ask(stage.glow, route, theirs, body)
            assert foreign == ask(stage.glow, route, NOBODYS, body), (route, body)
            assert foreign[0] == 404 or body == "not even JSON", (route, body, foreign)
        assert ask(stage.glow, route, "none", None)[0] == 404, route
    assert rows() == before


def test_its_owner_is_answered_otherwise(stage):
    """The negative control: the ids of the test above are ids, and its bodies are read."""
    for route in sorted(BY_ID, key=lambda route: route[0] == "delete"):  # what is gone is 404
        if route in STAFF_ONLY:
            continue
        own = ask(stage.nord, route, stage.ids[resource(route[1])], body_of(stage, route))
        assert own[0] in (200, 201, 204, 400, 409), (route, own)


# Staff verbs -------------------------------------------------------------------------------------


def test_the_staff_verbs_are_those_of_the_contract():
    shown = {f"{method} {path.removeprefix('/api/v1/')}" for method, path in STAFF_ONLY}
    assert shown == {
        "get merchants/",
        "post merchants/",
        "get warehouses/",
        "post warehouses/",
        "post locations/",
        "post adjustments/",
        "post item-locations/move/",
        "post lots/{id}/merge-into/",
        "post wros/{id}/arrive/",
        "post wros/{id}/receive/",
        "post wros/{id}/stow/",
        "post wros/{id}/complete/",
        "post orders/{id}/ship/",
        "post orders/{id}/allocate/",
        "post orders/{id}/swap-lot/",
        "post orders/{id}/short-pick/",
        "get waves/",
        "post waves/",
        "get waves/{id}/",
        "get waves/{id}/orders/",
        "get waves/{id}/pick-list/",
        "post waves/{id}/release/",
        "post waves/{id}/interrupt/",
        "post waves/{id}/cancel/",
        "post returns/{id}/arrive/",
        "post returns/{id}/inspect/",
        "post returns/{id}/complete/",
        "post transfers/",
        "post transfers/{id}/send/",
        "post transfers/{id}/receive/",
        "post transfers/{id}/write-off/",
        "post transfers/{id}/cancel/",
        "patch discrepancies/{id}/",
        "post discrepancies/{id}/resolve/",
        "post discrepancies/{id}/add-photo/",
        "post deliveries/",
        "post deliveries/{id}/receive/",
        "post deliveries/{id}/link/",
        "post deliveries/{id}/return-to-merchant/",
        "post deliveries/{id}/dispose/",
        "post deliveries/{id}/add-photo/",
        "post quarantine/{id}/release/",
        "post quarantine/{id}/dispose/",
        "post quarantine/{id}/return-to-merchant/",
    }


def test_a_staff_verb_does_not_exist_for_a_merchant(stage):
    """Not even on its own rows, and not even with a body that cannot be read."""
    before = rows()
    for route in STAFF_ONLY:
        pk = stage.ids.get(resource(route[1]), 1)
        for body in (BODIES.get(route), "not even JSON"):
            if route[0] == "get" and body is not None:
                continue
            assert ask(stage.nord, route, pk, body)[0] == 404, route
            assert ask(stage.nord, route, pk, body) == ask(stage.nord, route, NOBODYS, body)
    assert rows() == before


# Names and ids in bodies -------------------------------------------------------------------------


def bodies_that_name(stage: Stage) -> list[tuple[str, str, Any, Any, Any]]:
    """Method, path, a body with the word or id at `HERE`, theirs, nobody's."""
    own = stage.ids | play(stage, stage.glow, "GLOW", "GLOW")
    theirs = stage.ids
    back = {"kind": "rts", "lines": [{"sku": "GLOW-SKU", "quantity": 1}]}
    fresh = stage.make(stage.glow, "lots/", {"sku": "GLOW-SKU", "number": "UNUSED"})["id"]
    lot = {"number": "N", "expires_on": "2027-01-01"}

    def arriving(here: str) -> dict[str, Any]:
        line = {"sku": here, "quantity": 1, "lots": [{**lot, "quantity": 1}]}
        return {"warehouse": "EAST", "lines": [line]}

    sku, none = f"{CANARY}-SKU", "NOBODYS-SKU"
    kept = {"sku": "GLOW-SKU", "warehouse": "EAST", "quantity": 1, "channel": "b2b", "reason": "R"}
    return [
        ("post", "lots/", {"sku": HERE, "number": "N"}, sku, none),
        ("patch", f"lots/{fresh}/", {"sku": HERE}, sku, none),
        ("post", "lot-formats/", {"sku": HERE, "pattern": "{SEQ:2}"}, sku, none),
        ("post", "lots/draw-number/", {"sku": HERE}, sku, none),
        ("post", "lots/read-number/", {"sku": HERE, "number": "N"}, sku, none),
        ("post", "lots/bulk-update/", {"ids": [HERE], "is_active": False}, theirs["lots"], None),
        ("post", "holds/", {"lot": HERE, "reason": "R"}, theirs["lots"], None),
        ("post", "holds/", {"product": HERE, "reason": "R"}, theirs["products"], None),
        ("post", "set-asides/", kept | {"sku": HERE}, sku, none),
        ("post", "set-asides/", kept | {"lot_number": HERE}, f"{CANARY}-LOT", "NOBODYS-LOT"),
        ("post", "wros/", arriving(HERE), sku, none),
        ("patch", f"wros/{own['wros']}/", arriving(HERE), sku, none),
        ("post", "orders/", {"lines": [{"sku": HERE, "quantity": 1}]}, sku, none),
        (
            "post",
            "orders/",
            {"lines": [{"sku": "GLOW-SKU", "quantity": 1, "lot_number": HERE}]},
            f"{CANARY}-LOT",
            "NOBODYS-LOT",
        ),
        ("post", "returns/", {**back, "order": HERE}, theirs["orders"], None),
        (
            "post",
            "returns/",
            {**back, "warehouse": "EAST", "lines": [{"sku": HERE, "quantity": 1}]},
            sku,
            none,
        ),
    ]


def test_naming_another_merchants_things_answers_like_naming_nobodys(stage):
    for method, path, body, theirs, none in bodies_that_name(stage):
        before = rows()
        answers = []
        for value in (theirs, NOBODYS if none is None else none):
            text = json.dumps(body).replace(json.dumps(HERE), json.dumps(value))
            answer = stage.glow(method, path, json.loads(text))
            assert answer.status_code in (400, 404, 409), (path, answer.content)
            said = re.sub(rf"\b{re.escape(str(value))}\b", HERE, answer.json()["detail"])
            answers.append((answer.status_code, answer.json()["code"], said))
        assert answers[0] == answers[1], (method, path, body)
        assert rows() == before, (method, path)


def test_a_reference_and_a_sku_of_another_merchant_are_free(stage):
    made = play(stage, stage.glow, CANARY, "GLOW")
    assert made["products"] != stage.ids["products"]


# Canaries ----------------------------------------------------------------------------------------

SHARED = {
    "/api/v1/locations/",
    "/api/v1/settings/lot-tracking/",
    "/api/v1/expiry/summary/",  # sums alone
}


def test_nothing_of_another_merchant_is_in_any_answer(stage):
    own = play(stage, stage.glow, "GLOW", "GLOW")
    for path in LISTS:
        for query in ("", "?page_size=200", f"?search={CANARY}", f"?sku={CANARY}-SKU"):
            assert CANARY not in text_of(stage.glow, path + query), path
    for method, path in BY_ID:
        if method == "get":
            assert CANARY not in text_of(stage.glow, with_id(path, own)), path
    for header in ("?merchant=NORD", "?merchant=nobody"):
        answers = [stage.glow.get(path + header) for path in LISTS]
        assert {answer.status_code for answer in answers} == {400, 404}


def test_its_owner_sees_it_everywhere(stage):
    """The negative control: the canary sits in every list and on every page."""
    for path in LISTS:
        if path not in SHARED and ("get", path) not in STAFF_ONLY:
            assert CANARY in text_of(stage.nord, path), path
            assert CANARY in text_of(stage.staff, path), path
    for method, path in BY_ID:
        if method == "get" and (method, path) not in STAFF_ONLY:
            assert CANARY in text_of(stage.nord, with_id(path, stage.ids)), path


def text_of(who: Caller, path: str) -> str:
    answer = who.get(path)
    if answer.headers.get("Content-Disposition", "").startswith("inline"):  # a PDF of labels
        return " ".join(texts_on(answer.content))
    text: str = answer.content.decode(errors="replace")
    return text


def with_id(path: str, ids: dict[str, int]) -> str:
    return path.replace("{id}", str(ids[resource(path)]))


def rows() -> dict[str, Any]:
    """Every row; a key remembers its last use, whatever the answer was."""
    return {label: found for label, found in state().items() if label != "merchants.ApiKey"}
