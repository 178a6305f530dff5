"""The table of PRODUCT, "Returns", and its eight rules: every combination, and every word."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import product as combinations

import pytest

from inventory.models import BackupAction, ReturnAction
from returns.disposition import (
    Decision,
    Found,
    Kind,
    KnownLot,
    RequestedAction,
    Rule,
    Terms,
    decide,
    doubt,
)

TODAY = date(2026, 6, 1)
IN_WORDS = {
    "restock": "restock them",
    "quarantine": "quarantine them",
    "dispose": "dispose of them",
}
RESTOCK, QUARANTINE, DISPOSE = ReturnAction.RESTOCK, ReturnAction.QUARANTINE, ReturnAction.DISPOSE
LOT = KnownLot("VC-A", date(2026, 10, 31))
RTS_OF_A_LOT = Terms(
    kind=Kind.RTS,
    sku="VITAMIN-C-90CT",
    is_lot_product=True,
    asks_for_lot=True,
    requested=RequestedAction.DEFAULT,
    preference=RESTOCK,
    backup=BackupAction.QUARANTINE,
    min_shelf_life_days=30,
    order="ORD-000001",
)
CUSTOMER_RETURN_OF_A_LOT = replace(RTS_OF_A_LOT, kind=Kind.CUSTOMER_RETURN, preference=QUARANTINE)
PLAIN = replace(
    RTS_OF_A_LOT, sku="SOAP", is_lot_product=False, asks_for_lot=False, min_shelf_life_days=0
)
GOOD = Found(passed=True, number="VC-A", lot=LOT)
NO_LOT = Found(passed=True)


def test_it_works():
    decision = decide(RTS_OF_A_LOT, GOOD, today=TODAY)
    why = "The product's preference for RTS is to restock them."
    assert decision == Decision(RESTOCK, Rule.PREFERENCE, why)


def test_a_held_lot_goes_to_quarantine():
    held = replace(GOOD, lot=replace(LOT, hold="mould"), passed=False)
    terms = replace(RTS_OF_A_LOT, requested=RequestedAction.DISPOSE)
    why = "Lot VC-A is on hold: mould. Held units go to quarantine."
    assert decide(terms, held, today=TODAY) == Decision(QUARANTINE, Rule.LOT_ON_HOLD, why)


def test_a_held_lot_without_a_stated_reason_is_held_all_the_same():
    held = replace(GOOD, lot=replace(LOT, hold=""))
    assert decide(RTS_OF_A_LOT, held, today=TODAY).rule == Rule.LOT_ON_HOLD


def test_a_held_product_goes_to_quarantine():
    terms = replace(PLAIN, product_hold="recall 17.")
    why = "SOAP is on hold: recall 17. Held units go to quarantine."
    assert decide(terms, NO_LOT, today=TODAY) == Decision(QUARANTINE, Rule.LOT_ON_HOLD, why)


@pytest.mark.parametrize(
    ("terms", "found", "why"),
    [
        (RTS_OF_A_LOT, NO_LOT, "No lot number or expiry date could be read."),
        (RTS_OF_A_LOT, replace(GOOD, lot=None), "VITAMIN-C-90CT has no lot VC-A."),
        (PLAIN, replace(GOOD, lot=None), "SOAP has no lot VC-A."),
        (
            RTS_OF_A_LOT,
            Found(passed=True, expires_on=date(2026, 9, 1)),
            "VITAMIN-C-90CT has no lot expiring 2026-09-01.",
        ),
        (
            RTS_OF_A_LOT,
            replace(GOOD, expires_on=date(2026, 9, 1)),
            "Lot VC-A is known with expiry 2026-10-31, but 2026-09-01 was read.",
        ),
        (
            RTS_OF_A_LOT,
            replace(GOOD, lot=KnownLot("VC-A"), expires_on=date(2026, 9, 1)),
            "Lot VC-A is known without an expiry, but 2026-09-01 was read.",
        ),
        (
            RTS_OF_A_LOT,
            replace(GOOD, was_shipped=False),
            "ORD-000001 did not ship these units of lot VC-A.",
        ),
    ],
)
@pytest.mark.parametrize("requested", RequestedAction)
def test_an_unknown_lot_goes_to_quarantine(terms, found, why, requested):
    terms = replace(terms, requested=requested)
    why = f"{why} Units whose lot is not certain go to quarantine."
    expected = Decision(QUARANTINE, Rule.LOT_UNKNOWN, why)
    assert decide(terms, found, today=TODAY) == expected


def test_nothing_is_asked_of_a_product_without_lots():
    assert doubt(PLAIN, NO_LOT) == ""


def test_a_hold_comes_before_a_doubt():
    found = replace(GOOD, lot=replace(LOT, hold="mould"), expires_on=date(2026, 9, 1))
    assert decide(RTS_OF_A_LOT, found, today=TODAY).rule == Rule.LOT_ON_HOLD


@pytest.mark.parametrize("backup", BackupAction)
@pytest.mark.parametrize("passed", [True, False])
def test_a_customer_return_of_a_lot_product_is_never_restocked(backup, passed):
    terms = replace(CUSTOMER_RETURN_OF_A_LOT, requested=RequestedAction.RESTOCK, backup=backup)
    why = "A customer return of a lot product is never restocked: it goes to quarantine."
    expected = Decision(QUARANTINE, Rule.LOT_PRODUCT_CUSTOMER_RETURN, why)
    assert decide(terms, replace(GOOD, passed=passed), today=TODAY) == expected


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("backup", BackupAction)
def test_what_failed_inspection_gets_the_backup_action(kind, backup):
    terms = replace(PLAIN, kind=kind, backup=backup)
    who = "RTS" if kind == Kind.RTS else "customer returns"
    why = f"The units failed inspection. The backup action for {who} is to {IN_WORDS[backup]}."
    expected = Decision(ReturnAction(backup.value), Rule.INSPECTION_FAILED, why)
    assert decide(terms, replace(NO_LOT, passed=False), today=TODAY) == expected


def test_what_failed_inspection_and_was_not_to_be_restocked_is_done_as_asked():
    terms = replace(RTS_OF_A_LOT, requested=RequestedAction.DISPOSE)
    why = "The merchant asked to dispose of them."
    expected = Decision(DISPOSE, Rule.REQUESTED, why)
    assert decide(terms, replace(GOOD, passed=False), today=TODAY) == expected


@pytest.mark.parametrize(
    ("days_left", "minimum", "action", "rule"),
    [
        (-1, 0, DISPOSE, Rule.EXPIRED),
        (-1, 30, DISPOSE, Rule.EXPIRED),
        (0, 0, RESTOCK, Rule.PREFERENCE),
        (0, 1, DISPOSE, Rule.BELOW_MIN_SHELF_LIFE),
        (29, 30, DISPOSE, Rule.BELOW_MIN_SHELF_LIFE),
        (30, 30, RESTOCK, Rule.PREFERENCE),
    ],
)
def test_an_old_lot_gets_the_backup_action(days_left, minimum, action, rule):
    terms = replace(RTS_OF_A_LOT, backup=BackupAction.DISPOSE, min_shelf_life_days=minimum)
    found = replace(GOOD, lot=replace(LOT, expires_on=TODAY + timedelta(days=days_left)))
    decision = decide(terms, found, today=TODAY)
    assert (decision.action, decision.rule) == (action, rule)


def test_the_words_about_an_old_lot():
    expired = replace(GOOD, lot=replace(LOT, expires_on=date(2026, 5, 31)))
    why = "Lot VC-A expired on 2026-05-31. The backup action for RTS is to quarantine them."
    assert decide(RTS_OF_A_LOT, expired, today=TODAY).explanation == why
    short = replace(GOOD, lot=replace(LOT, expires_on=date(2026, 6, 2)))
    assert decide(RTS_OF_A_LOT, short, today=TODAY).explanation == (
        "Lot VC-A has 1 day remaining and needs 30. "
        "The backup action for RTS is to quarantine them."
    )
    short = replace(GOOD, lot=replace(LOT, expires_on=date(2026, 6, 23)))
    assert "has 22 days remaining and needs 30." in (
        decide(RTS_OF_A_LOT, short, today=TODAY).explanation
    )


def test_a_lot_without_an_expiry_is_never_too_old():
    found = replace(GOOD, lot=replace(LOT, expires_on=None))
    assert decide(RTS_OF_A_LOT, found, today=TODAY).action == RESTOCK


@pytest.mark.parametrize("preference", ReturnAction)
def test_the_preference_is_followed_where_nothing_is_asked(preference):
    decision = decide(replace(PLAIN, preference=preference), NO_LOT, today=TODAY)
    why = f"The product's preference for RTS is to {IN_WORDS[preference]}."
    assert decision == Decision(preference, Rule.PREFERENCE, why)


@pytest.mark.parametrize("requested", list(RequestedAction)[1:])
def test_what_the_merchant_asks_for_comes_before_the_preference(requested):
    terms = replace(PLAIN, requested=requested, preference=DISPOSE)
    why = f"The merchant asked to {IN_WORDS[requested]}."
    expected = Decision(ReturnAction(requested.value), Rule.REQUESTED, why)
    assert decide(terms, NO_LOT, today=TODAY) == expected


def oracle(terms: Terms, found: Found) -> tuple[str, str]:
    """The rules of PRODUCT, written once more as a list of (applies, action, rule)."""
    wanted = terms.preference.value
    if terms.requested != "default":
        wanted = terms.requested.value
    restocks = wanted == "restock"
    days = None
    if found.lot and found.lot.expires_on:
        days = (found.lot.expires_on - TODAY).days
    lot_product = terms.is_lot_product and terms.kind == "customer_return"
    rules = [
        (bool(found.lot and found.lot.hold), "quarantine", "lot_on_hold"),
        (terms.asks_for_lot and not found.number, "quarantine", "lot_unknown"),
        (bool(found.number) and not found.lot, "quarantine", "lot_unknown"),
        (bool(found.lot) and not found.was_shipped, "quarantine", "lot_unknown"),
        (restocks and lot_product, "quarantine", "lot_product_customer_return"),
        (restocks and not found.passed, terms.backup.value, "inspection_failed"),
        (restocks and days is not None and days < 0, terms.backup.value, "expired"),
        (
            restocks and days is not None and days < terms.min_shelf_life_days,
            terms.backup.value,
            "below_min_shelf_life",
        ),
        (terms.requested != "default", wanted, "requested"),
        (True, wanted, "preference"),
    ]
    return next((action, rule) for applies, action, rule in rules if applies)


def test_every_combination_of_the_table():
    lots = [
        None,
        *(
            KnownLot("VC-A", expires_on, hold)
            for expires_on in (None, date(2026, 5, 31), date(2026, 6, 20), date(2026, 10, 31))
            for hold in (None, "recall")
        ),
    ]
    rules = set()
    for kind, lot_product, tracked, requested, preference, backup in combinations(
        Kind, (True, False), (True, False), RequestedAction, ReturnAction, BackupAction
    ):
        terms = Terms(
            kind=kind,
            sku="VITAMIN",
            is_lot_product=lot_product,
            asks_for_lot=lot_product and tracked,
            requested=requested,
            preference=preference,
            backup=backup,
            min_shelf_life_days=30,
        )
        for lot, passed, number, was_shipped in combinations(
            lots, (True, False), ("VC-A", ""), (True, False)
        ):
            if lot and not number:
                continue
            found = Found(passed=passed, number=number, lot=lot, was_shipped=was_shipped)
            decision = decide(terms, found, today=TODAY)
            assert (decision.action.value, decision.rule.value) == oracle(terms, found)
            assert decision.explanation
            rules.add(decision.rule)
            if lot_product and kind == Kind.CUSTOMER_RETURN:
                assert decision.action != RESTOCK
    assert rules == set(Rule)
