"""Rules of the state machine: lots booked wrongly and put right, many at once, the daily run."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from inventory.models import QuarantineCase
from inventory.services.breakdown import Portion, break_down
from inventory.services.expiry_run import run_expiry
from inventory.services.lot_merges import Wish, merge_lots
from receiving.models import Discrepancy, Resolution
from receiving.services import Count, receive
from receiving.services.resolutions import Decision, resolve_discrepancy
from tests.builders import acting, make_lot, set_lots_active
from tests.clock import CLOCK
from tests.two_houses import BINS, LOTS, TwoHouses, few, lots, mostly, pick, which

PLACES = ("A-04", "STAGE", "QUARANTINE", "DAMAGED", *BINS)

pairs = st.lists(lots, min_size=1, max_size=2, unique=True)


class LotWork(TwoHouses):
    # Counted, and found to be something else -----------------------------------------------------

    @precondition(lambda self: any(one[0].sku == "VITAMIN" for one in self.oracle.wros))
    @rule(place=which, lot=lots, units=few)
    def mis_receive(self, place: int, lot: str, units: int) -> None:
        """A lot that stands on no line of the WRO."""
        known = [
            (document, wro)
            for document, wro in zip(self.wros, self.oracle.wros, strict=True)
            if wro[0].sku == "VITAMIN" and wro[0].is_open and lot not in {one.lot for one in wro}
        ]
        if not known:
            return  # every open WRO announces the lot
        document, _ = known[place % len(known)]
        count = Count(self.products["VITAMIN"], units, lot, None, False)
        self.both(
            lambda: receive(wro_id=document.pk, counts=[count], **acting()),
            lambda: self.oracle.mis_receive(lot, units),
        )

    @precondition(lambda self: self.apart())
    @rule(place=which, units=few, where=which, keep=mostly)
    def resolve(self, place: int, units: int, where: int, keep: bool) -> None:
        """Of units in quarantine: accepted into a bin, or destroyed."""
        found = self.apart()[place % len(self.apart())]
        open_cases = list(QuarantineCase.objects.open().order_by("id").values_list("pk", flat=True))
        models = [case for case in self.oracle.cases if case.units]
        model = models[open_cases.index(found.case_id)]
        units = min(units, found.open_quantity, model.units)
        if keep:
            kind, into = Resolution.Kind.ACCEPT_AS_RECEIVED, BINS[where % len(BINS)]
        else:
            kind, into = Resolution.Kind.DISPOSE, ""
        decision = Decision(kind, units, "Seen", location=into)
        self.both(
            lambda: resolve_discrepancy(discrepancy_id=found.pk, decision=decision, **acting()),
            lambda: (
                self.oracle.release_case(model, units, into)
                if keep
                else self.oracle.dispose_case(model, units)
            ),
        )

    def apart(self) -> list[Discrepancy]:
        """Open discrepancies whose own case still has units."""
        rows = Discrepancy.objects.filter(case__quantity__gt=0, resolved_at=None).order_by("id")
        return [one for one in rows if one.open_quantity]

    # Told apart ----------------------------------------------------------------------------------

    @precondition(lambda self: self.bare())
    @rule(
        place=which, chosen=st.lists(lots, min_size=1, max_size=2, unique=True), off=st.integers()
    )
    def break_down(self, place: int, chosen: list[str], off: int) -> None:
        where = pick(place, PLACES, lambda one: one in self.bare())
        units = self.oracle.stock["VITAMIN", None, where]
        first = max(1, units - units // 2 * (len(chosen) - 1))
        parts = {chosen[0]: first, **dict.fromkeys(chosen[1:], units - first)}
        parts = {lot: part for lot, part in parts.items() if part > 0}
        if off % 7 == 0:
            parts[chosen[0]] += 1
        portions = [
            Portion(self.products["VITAMIN"], part, lot, None, self.places[where].pk)
            for lot, part in parts.items()
        ]
        self.both(
            lambda: break_down(portions=portions, **acting()),
            lambda: self.oracle.break_down(where, parts),
        )

    def bare(self) -> set[str]:
        """Where units stand without a lot."""
        stock = self.oracle.stock
        return {one for one in PLACES if stock["VITAMIN", None, one]}

    @rule(right=lots, units=few, apart=mostly)
    def mistype_and_merge(self, right: str, units: int, apart: bool) -> None:
        """A lot comes in under a wrong number, is promised like any other, and is put right."""
        name = f"WRONG-{len(self.lots)}"
        place = "STAGE" if apart else "QUARANTINE"
        expires_on = self.oracle.lots["VITAMIN", right].expires_on
        self.lots[name] = make_lot(self.products["VITAMIN"], name, expires_on)
        self.oracle.know_one(name, right)
        self.adjust("VITAMIN", name, units, place)
        wish = Wish(self.lots[name].pk, self.lots[right].pk)
        self.both(
            lambda: merge_lots(wish=wish, **acting()),
            lambda: self.oracle.merge(name, right),
        )

    # Many at once, and every day -----------------------------------------------------------------

    @rule(chosen=st.sets(lots, min_size=2, max_size=4), is_active=mostly)
    def activate_several(self, chosen: set[str], is_active: bool) -> None:
        ids = [self.lots[lot].pk for lot in LOTS if lot in chosen]
        set_lots_active(lot_ids=ids, is_active=is_active, **acting())
        self.oracle.activate("VITAMIN", *chosen, is_active=is_active)

    @rule()
    def run_the_day(self) -> None:
        run_expiry(warehouse_id=self.warehouse.pk, day=self.oracle.today, now=CLOCK.now)
        self.oracle.run_the_day()
