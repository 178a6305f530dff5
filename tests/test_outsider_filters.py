"""A merchant who names another's things in the addresses of lists finds none of them."""

from __future__ import annotations

import json

from tests.test_outsider import (
    CANARY,
    LISTS,
    SHARED,
    Stage,
    operation,
    resource,
    stage,
    text_of,
)

__all__ = ["stage"]  # the fixture

DOCUMENTS = ("wros", "orders")
NAMES_NOTHING = ("cursor", "page_size", "merchant", "within_days")
# The filters by which an owner finds what it names in these words.
NAMED = {
    "discrepancies": {"sku"},
    "disposal-requests": {"lot", "sku"},
    "expiry": {"sku"},
    "inventory": {"search", "sku"},
    "item-locations": {"sku"},
    "lot-attachments": {"lot", "number", "sku"},
    "lot-formats": {"sku"},
    "lots": {"number", "sku", "wro"},
    "orders": {"search"},
    "products": {"search", "sku"},
    "quarantine": {"sku"},
    "returns": {"order", "search"},
    "set-asides": {"sku"},
    "transfers": {"search"},
    "wros": {"reference", "search"},
}


def filters() -> list[tuple[str, str]]:
    """Each query parameter of each list that may name something, but the merchant."""
    return [
        (path, one["name"])
        for path in LISTS
        for one in operation(("get", path)).get("parameters", [])
        if path not in SHARED
        if one["in"] == "query" and one["name"] not in NAMES_NOTHING
    ]


def named_in_addresses(stage: Stage) -> list[str]:
    """What of Nord's an address can name: words, numbers of documents and ids."""
    numbers = [stage.nord.get(f"{path}/").json()["results"][0]["number"] for path in DOCUMENTS]
    ids = [stage.ids[name] for name in ("lots", "orders", "wros")]
    return [f"{CANARY}-SKU", f"{CANARY}-LOT", f"{CANARY}-IN", *numbers, *map(str, {*ids})]


def test_no_filter_finds_another_merchants_rows(stage: Stage) -> None:
    """The owner, who finds them so, is the negative control."""
    found: dict[str, set[str]] = {}
    for path, name in filters():
        for value in named_in_addresses(stage):
            answer = stage.glow.get(f"{path}?{name}={value}")
            if answer.status_code != 200:
                continue  # it may quote the value
            found_there = answer.json()["results"]
            # A number may be the id of something of the outsider's own, too.
            assert not (CANARY in json.dumps(found_there) if value.isdecimal() else found_there), (
                path,
                name,
                value,
            )
            if CANARY in text_of(stage.nord, f"{path}?{name}={value}"):
                found.setdefault(resource(path), set()).add(name)
    assert found == NAMED
