"""The mutants: what keeps stock safe, taken away, and the tests that notice it.

A mutant replaces texts that stand exactly once in their file. Whoever rewrites such a place mends
its mutant too; until then the suite fails. Every test named here fails with the mutant, and passes
without.
"""

from __future__ import annotations

from dataclasses import dataclass

RACES = "tests/races"
ADJUST = f"{RACES}/test_allocate.py::test_units_that_are_gone_are_promised_to_nobody"
HOLD = f"{RACES}/test_allocate.py::test_no_order_has_a_lot_that_was_held_before"
IN_ORDER = f"{RACES}/test_locks.py::test_locks_are_taken_from_the_lowest_id_to_the_highest"
NO_DEADLOCK = f"{RACES}/test_locks.py::test_who_locks_the_same_products_waits_and_goes_on"
TODAY = "tests/inventory/test_places.py::test_today_is_the_warehouses"
PLAN = "tests/inventory/test_rotation.py"
REFUSED = "tests/inventory/test_constraints.py"
LOCK_SKUS = '"FOR NO KEY UPDATE OF p"'
ROWS = '.filter(pk__in=list(ids))\n        .order_by("pk")'
MANY_ROWS = '.filter(pk__in=among(ids))\n        .order_by("pk")'
LOCKED = '\n        .select_for_update(no_key=True, of=("self",))'


@dataclass(frozen=True)
class Mutant:
    """``changes`` of one file: (text as it stands, text instead)."""

    name: str
    file: str
    changes: tuple[tuple[str, str], ...]
    caught_by: tuple[str, ...]
    engine: str = "sqlite"

    @property
    def is_of_the_database(self) -> bool:
        """It lives in the tables, which then have to be made with it."""
        return "migrations" in self.file or self.file == "inventory/constraints.py"


MUTANTS = [
    # Locks ----------------------------------------------------------------------------------------
    Mutant(
        "an order does not lock its products",
        "inventory/locks.py",
        ((LOCK_SKUS, '""'),),
        (ADJUST,),
        "postgresql",
    ),
    Mutant(
        "an act does not lock its products",
        "inventory/locks.py",
        ((f"Product.objects{MANY_ROWS}{LOCKED}", f"Product.objects{MANY_ROWS}"),),
        (ADJUST, HOLD),
        "postgresql",
    ),
    Mutant(
        "a wave does not lock its products",
        "inventory/locks.py",
        (("id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", "id = ANY(%s) ORDER BY id"),),
        (f"{RACES}/test_waves.py::test_a_wave_promises_no_held_lot",),
        "postgresql",
    ),
    Mutant(
        "products are locked in any order",
        "inventory/locks.py",
        (("ORDER BY p.id {lock}", "ORDER BY random() {lock}"),),
        (f"{IN_ORDER}[products by their SKUs]", f"{NO_DEADLOCK}[products by their SKUs]"),
        "postgresql",
    ),
    Mutant(
        "products that somebody else has locked are skipped",
        "inventory/locks.py",
        ((LOCK_SKUS, '"FOR NO KEY UPDATE OF p SKIP LOCKED"'),),
        (ADJUST,),
        "postgresql",
    ),
    Mutant(
        "documents are not locked",
        "inventory/locks.py",
        ((f"queryset{ROWS}{LOCKED}", f"queryset{ROWS}"),),
        (
            f"{RACES}/test_documents.py::test_an_order_is_shipped_or_cancelled",
            f"{RACES}/test_documents.py::test_nothing_comes_in_after_the_end",
        ),
        "postgresql",
    ),
    Mutant(
        "locations may change while units are brought in",
        "inventory/locks.py",
        ((" ORDER BY id FOR SHARE", " ORDER BY id"),),
        (f"{RACES}/test_locks.py::test_units_that_come_to_a_held_location_are_held",),
        "postgresql",
    ),
    Mutant(
        "a hold does not lock the product",
        "inventory/services/holds.py",
        (
            (
                "    return lock_products(filter(None, [product_id]))",
                "    return Product.objects.in_bulk(filter(None, [product_id]))",
            ),
        ),
        (HOLD,),
        "postgresql",
    ),
    # What is decided on is read after the lock ----------------------------------------------------
    Mutant(
        "a quarantine case is read before its product is locked",
        "inventory/services/quarantine.py",
        (
            ("    lock_products([product_id])\n    return found", "    case = found"),
            (
                '"product__merchant").get()',
                '"product__merchant").get()\n    lock_products([product_id])\n    return case',
            ),
        ),
        (f"{RACES}/test_returns.py::test_a_case_is_disposed_of_once",),
        "postgresql",
    ),
    Mutant(
        "the lines of an order are read before it is locked",
        "fulfillment/services/orders.py",
        (
            (
                "    order: Order | None",
                "    demands = demands_of(order_id)\n    order: Order | None",
            ),
            ("    demands = demands_of(order_id)\n    if any(demand", "    if any(demand"),
        ),
        (f"{RACES}/test_documents.py::test_an_order_is_shipped_or_cancelled",),
        "postgresql",
    ),
    # Sums are made by the database ----------------------------------------------------------------
    Mutant(
        "a balance is written from what was read of it",
        "inventory/ledger/posting.py",
        (
            ("SET on_hand = on_hand + v.units,", "SET on_hand = v.units,"),
            (
                '"units": [units[key] for key in keys],',
                '"units": [standings[key].on_hand + units[key] for key in keys],',
            ),
        ),
        (f"{RACES}/test_locks.py::test_even_without_locks_no_unit_is_lost",),
        "postgresql",
    ),
    Mutant(
        "units come in before others have left",
        "inventory/ledger/posting.py",
        (("for keys in (falling, rising):", "for keys in (rising, falling):"),),
        ("tests/inventory/test_ledger.py::test_two_lots_change_places_in_one_act",),
    ),
    # The plan -------------------------------------------------------------------------------------
    Mutant(
        "a unit is promised to one claim and to the next",
        "inventory/rotation.py",
        (("                shelf.free -= taken\n", ""),),
        (f"{PLAN}::test_the_first_claim_is_served_first",),
    ),
    Mutant(
        "units that are set aside go to anybody",
        "inventory/rotation.py",
        (("            and self.channel in", "            or self.channel in"),),
        (f"{PLAN}::test_units_set_aside_serve_their_own_first_and_nobody_else",),
    ),
    # What the database refuses --------------------------------------------------------------------
    Mutant(
        "more may be promised than is there",
        "inventory/migrations/0001_initial.py",
        (('("committed__lte", models.F("on_hand")),', ""),),
        (
            f"{REFUSED}::test_promised_units_are_present[committed = 11]",
            f"{REFUSED}::test_promised_units_are_present[on_hand = 3]",
        ),
    ),
    Mutant(
        "two lots of a product may share a bin",
        "inventory/migrations/0001_initial.py",
        (
            (
                '("lot__isnull", False),\n                            ("on_hand__gt", 0)',
                '("lot__isnull", False),\n                            ("on_hand__lt", 0)',
            ),
        ),
        (f"{REFUSED}::test_two_lots_of_a_product_in_a_bin",),
    ),
    Mutant(
        "nothing guards a posted movement from deletion",
        "inventory/constraints.py",
        (('EVENTS = ("UPDATE", "DELETE")', 'EVENTS = ("UPDATE",)'),),
        (f"{REFUSED}::test_what_was_posted_stays[raw-delete]",),
    ),
    Mutant(
        "nothing guards a posted movement on PostgreSQL",
        "inventory/constraints.py",
        (("            Statement(row, table=table),\n", ""),),
        (
            f"{REFUSED}::test_what_was_posted_stays[raw-update]",
            f"{REFUSED}::test_what_was_posted_stays[raw-delete]",
        ),
        "postgresql",
    ),
    # One request, one effect ----------------------------------------------------------------------
    Mutant(
        "a key is saved outside the transaction of its effect",
        "merchants/api/idempotency.py",
        (("@act\ndef first_or_again", "def first_or_again"),),
        ("tests/merchants/test_repeat_post.py::test_a_refusal_undoes_what_the_act_did",),
    ),
    Mutant(
        "a key answers any request",
        "merchants/api/idempotency.py",
        (("if row.digest != attempt.digest:", "if row.digest == '':"),),
        ("tests/merchants/test_repeat_post.py::test_another_request_with_the_key_is_422",),
    ),
    # Trying again ---------------------------------------------------------------------------------
    Mutant(
        "any error is tried again",
        "merchants/transactions.py",
        (
            (
                "return sqlstate in (SERIALIZATION_FAILURE, DEADLOCK_DETECTED)",
                "return True",
            ),
        ),
        ("tests/merchants/test_act.py::test_it_never_repeats_anything_else[lock timeout]",),
    ),
    Mutant(
        "a deadlock is not tried again",
        "merchants/transactions.py",
        (
            (
                "return sqlstate in (SERIALIZATION_FAILURE, DEADLOCK_DETECTED)",
                "return sqlstate == SERIALIZATION_FAILURE",
            ),
        ),
        ("tests/merchants/test_act.py::test_it_tries_again_from_the_start[40P01]",),
    ),
    Mutant(
        "a deadlock is tried again without end",
        "merchants/transactions.py",
        (("if tried == TRIES or not is_retriable", "if not is_retriable"),),
        ("tests/merchants/test_act.py::test_it_gives_up_after_five_tries",),
    ),
    # Whose rows, which day, what may ship ---------------------------------------------------------
    Mutant(
        "a merchant sees the rows of all",
        "merchants/querysets.py",
        (("return self.filter(**{self.scope: user.merchant_id})", "return self.all()"),),
        ("tests/test_outsider.py::test_another_merchants_id_answers_like_nobodys",),
    ),
    Mutant(
        "the day is the server's, not the warehouse's",
        "inventory/models/places.py",
        (("now.astimezone(ZoneInfo(self.timezone)).date()", "now.date()"),),
        (
            "tests/inventory/test_reallocate.py::test_what_expired_overnight_is_replaced",
            f"{TODAY}[America/Chicago-59-expected0]",
        ),
    ),
    Mutant(
        "a held lot is not blocked",
        "inventory/availability.py",
        (("hold.lot_id = lot.id OR ", ""),),
        ("tests/inventory/test_holds.py::test_it_works",),
    ),
    Mutant(
        "a hold leaves open promises alone",
        "inventory/services/holds.py",
        (("    reallocate(product_ids, now=now)\n", ""),),
        ("tests/inventory/test_holds.py::test_it_works",),
    ),
    Mutant(
        "what has expired may ship",
        "inventory/availability.py",
        (
            (
                "STOPS_SHIPPING = frozenset({Reason.HOLD, Reason.INACTIVE, Reason.EXPIRED})",
                "STOPS_SHIPPING = frozenset({Reason.HOLD, Reason.INACTIVE})",
            ),
        ),
        ("tests/fulfillment/test_ship_order.py::test_units_that_expired_since_are_refused",),
    ),
    # Lot numbers ----------------------------------------------------------------------------------
    Mutant(
        "a number is drawn without a lock of its sequence",
        "inventory/services/lot_numbers.py",
        (("LotSequence.objects.select_for_update().filter(", "LotSequence.objects.filter("),),
        ("tests/inventory/test_lot_number_races.py::test_with_them_they_get_two",),
        "postgresql",
    ),
    Mutant(
        "a drawn number is not kept",
        "inventory/services/lot_numbers.py",
        (("    spend(product=product, numbers=[number], now=now)\n", ""),),
        ("tests/inventory/test_lot_numbers.py::test_a_changed_format_gives_none_again",),
    ),
    Mutant(
        "look-alikes of a WRO are not asked about",
        "receiving/services/submission.py",
        (("        require_told_apart(missing)\n", "        pass\n"),),
        ("tests/receiving/test_submit.py::test_numbers_that_look_like_others_are_asked_about",),
    ),
    Mutant(
        "a merge frees held units",
        "inventory/services/lot_merges.py",
        (("    _require_holds(source, target)\n", ""),),
        ("tests/inventory/test_merge_lots.py::test_held_units_stay_held",),
    ),
    Mutant(
        "a merged lot is found as itself",
        "inventory/queries/lots.py",
        (("lot.merged_into or lot for lot", "lot for lot"),),
        ("tests/inventory/test_merge_lots.py::test_the_old_number_finds_the_other_lot",),
    ),
]
