# mypy: disable-error-code="type-arg, misc"
"""A WRO's page, its arrival and count, and its two ends."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import URLPattern
from django.views.decorators.http import require_POST

from merchants.errors import DomainError
from merchants.screens import Verb, posted, run_verb
from receiving.editors import ReceiptEditor
from receiving.errors import ReceivedMeanwhile
from receiving.forms import ConfirmForm
from receiving.models import WRO
from receiving.queries import Row, is_late, receipts_of, rows_of, totals_of
from receiving.screens.base import (
    KEEPS,
    SEE,
    WORK,
    WRITE,
    WROScreens,
    button,
    links,
    not_now,
    to,
    typed,
)
from receiving.services import arrive_wro, cancel_wro, complete_wro, receive
from receiving.services.receipt import tolerance
from receiving.tally import box_tallies, scanned_units
from receiving.unfinished import missing_of


class FloorScreens(WROScreens):
    """The page of a WRO and what is done with it once it is submitted."""

    def urls(self) -> list[URLPattern]:
        return [
            self._url("arrive", require_POST(self.arrive), WORK),
            self._url("receive", self.receive, WORK),
            self._url("complete", self.complete, WORK),
            self._url("cancel", self.cancel, WORK),
        ]

    def page(self, request: Any, wro_id: int) -> HttpResponse:
        """All that is known of a WRO, and what can be done with it now."""
        wro = self._load(request, wro_id, SEE)
        context = self._facts(request, wro) | {
            "discrepancies": wro.discrepancies.select_related("product", "lot"),
            "history": wro.status_changes.select_related("by"),
            "tallies": box_tallies(wro),
            "scanned": scanned_units(wro),
            "missing": missing_of(wro) if wro.is_draft else [],
            "is_late": is_late(wro, request.now),
            "is_traced": not wro.is_draft and wro.lines.filter(product__is_ftl=True).exists(),
            "may_write": request.user.has_perm(WRITE),
            "may_work": request.user.has_perm(WORK),
        }
        return self._show(request, "wro", wro.number, wro, **context)

    def arrive(self, request: Any, wro: WRO) -> HttpResponse:
        try:
            arrive_wro(wro_id=wro.pk, actor=request.user, now=request.now)
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"{wro.number} has arrived: count what it brought.")
        return to("change", wro)

    def receive(self, request: Any, wro: WRO) -> HttpResponse:
        """The count, filled in with what is still expected."""
        if wro.status not in (WRO.Status.ARRIVED, WRO.Status.PROCESSING):
            return not_now(request, wro, "received")
        knows, rows = receipts_of(wro), rows_of(wro, request.now)
        editor = ReceiptEditor(wro.merchant, rows)
        if request.method == "POST":
            editor = ReceiptEditor.typed(wro.merchant, rows, typed(request))
            seen = typed(request).get("knows")
            knows = knows if seen is None else seen
            if button(request) not in KEEPS:
                editor.do(button(request))
            elif (counts := editor.counts()) is not None:
                who = {"actor": request.user, "now": request.now}
                try:
                    receive(wro_id=wro.pk, counts=counts, knows=seen, **who)
                except ReceivedMeanwhile as refusal:
                    knows, rows = receipts_of(wro), rows_of(wro, request.now)
                    editor = ReceiptEditor.typed(wro.merchant, rows, typed(request))
                    editor.refuse(refusal)
                except DomainError as refusal:
                    editor.refuse(refusal)
                else:
                    units = sum(count.quantity for count in counts)
                    messages.success(request, f"{units} units of {wro.number} are received.")
                    return to("change", wro)
        context = {"editor": editor, "knows": knows, "tolerance": tolerance()}
        context["products"] = listed(rows)
        return self._show(request, "receive", f"Receive {wro.number}", wro, **context)

    def complete(self, request: Any, wro: WRO) -> HttpResponse:
        """Asks first, and says what is short."""
        rows = rows_of(wro, request.now)
        totals = totals_of(rows)
        if wro.status not in (WRO.Status.ARRIVED, WRO.Status.PROCESSING):
            return not_now(request, wro, "completed")
        verb = Verb(
            title=f"Complete {wro.number}",
            submit="Complete it short" if totals.missing else "Complete",
            perform=lambda _form, request: completed(request, wro),
            links=links(wro),
            explanation=explained(wro, totals.missing, totals.at_dock),
            danger=bool(totals.missing or totals.at_dock),
            template="receiving/complete.html",
            context={"short": [row for row in rows if row.missing], "opts": WRO._meta},
        )
        return run_verb(self.site, request, ConfirmForm(posted(request)), verb)

    def cancel(self, request: Any, wro: WRO) -> HttpResponse:
        if wro.status not in (WRO.Status.DRAFT, WRO.Status.AWAITING):
            return not_now(request, wro, "cancelled")
        expects = "" if wro.is_draft else " The warehouse will no longer expect its units."
        verb = Verb(
            title=f"Cancel {wro.number}",
            submit="Yes, cancel this WRO",
            perform=lambda _form, request: cancelled(request, wro),
            links=links(wro),
            explanation=f"{wro.number} will be called off for good.{expects}",
            danger=True,
            context={"opts": WRO._meta},
        )
        return run_verb(self.site, request, ConfirmForm(posted(request)), verb)


def listed(rows: list[Row]) -> list[Any]:
    """The announced products, once each."""
    return list({row.product.pk: row.product for row in rows}.values())


def explained(wro: WRO, missing: int, at_dock: int) -> str:
    if at_dock:
        return f"{at_dock} units still wait at the dock: stow them first."
    if missing:
        return (
            f"{missing} units never came. Completing ends what is still incoming of "
            f"{wro.number} and opens a discrepancy for each lot that is short."
        )
    return f"All units of {wro.number} are received and stowed. Nothing more is expected of it."


def completed(request: Any, wro: WRO) -> str:
    wro = complete_wro(wro_id=wro.pk, actor=request.user, now=request.now)
    return f"{wro.number} is completed{', with units missing' if wro.completed_short else ''}."


def cancelled(request: Any, wro: WRO) -> str:
    cancel_wro(wro_id=wro.pk, actor=request.user, now=request.now)
    return f"{wro.number} is cancelled."
