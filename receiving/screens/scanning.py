# mypy: disable-error-code="type-arg, misc"
"""Counting at the dock by scanner, and finding the WRO of a box that stands at the door.

What a scan means is decided by ``receiving.dock``; the page only sends what was scanned.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_GET, require_POST

from merchants.errors import DomainError
from receiving.dock import as_expiry, as_units
from receiving.facts import find_wros, names_box
from receiving.models import WRO, Scan
from receiving.screens.base import WORK, WROScreens, not_now, to, typed
from receiving.services import arrive_wro
from receiving.services.scanning import (
    UNDER_WAY,
    Shot,
    receive_scans,
    scan,
    state_of,
    undo_scan,
)
from receiving.tally import Board, board_of, version_of

SAYS = ("lot", "sure", "unreadable")
WORDS = {
    Scan.Outcome.COUNTED: "Counted",
    Scan.Outcome.DIFFERS: "Counted, but look",
    Scan.Outcome.NOTED: "Go on",
    Scan.Outcome.REFUSED: "Not counted",
}
Answer = dict[str, Any]


class ScanScreens(WROScreens):
    """The dock's screen of a WRO."""

    def urls(self) -> list[URLPattern]:
        view = self.site.admin_view
        return [
            path("scan/", view(self.find), name="receiving_wro_find_box"),
            self._url("scan", self.scan, WORK),
            self._url("scan-board", require_GET(self.board), WORK),
            self._url("scan-done", require_POST(self.done), WORK),
            self._url("arrive-and-scan", require_POST(self.arrive), WORK),
        ]

    def scan(self, request: Any, wro: WRO) -> HttpResponse:
        """The page, and each of its scans: as JSON where the page asks, else as a page again."""
        if request.method == "POST":
            answer = self._take(request, wro)
            if request.headers.get("Accept") == "application/json":
                return JsonResponse(answer | self._fresh(request, wro))
            if answer["outcome"] == Scan.Outcome.REFUSED:
                messages.error(request, answer["told"])
            return to("scan", wro)
        if wro.status not in UNDER_WAY:
            return not_now(request, wro, "scanned")
        board = self._board(request, wro)
        first = request.GET.get("first", "").replace("\x00", "")
        context = {
            "board": board,
            "last": in_words(board.latest[0]) if board.latest else None,
            "version": version_of(wro),
            # A link may open a box, but count nothing.
            "first": first if first and names_box(wro, first) else "",
            "key": uuid4(),
        }
        return self._show(request, "scan", f"Scan {wro.number}", wro, **context)

    def board(self, request: Any, wro: WRO) -> HttpResponse:
        """The counters, where they are no longer those of the version that the page has."""
        if request.GET.get("version") == version_of(wro):
            return JsonResponse({})
        return JsonResponse(self._fresh(request, wro))

    def done(self, request: Any, wro: WRO) -> HttpResponse:
        """The count is done: of a box, of the person, or of all."""
        box = request.POST.get("box", "")
        of_all = request.POST.get("whose") == "all"
        try:
            units = receive_scans(
                wro_id=wro.pk,
                box=int(box) if box.isascii() and box.isdigit() else None,
                of_all=of_all,
                actor=request.user,
                now=request.now,
            )
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return to("scan", wro)
        what = f"{units} units of {wro.number} are" if units > 1 else f"1 unit of {wro.number} is"
        messages.success(request, f"{what} received.")
        return to("scan" if box else "change", wro)

    def arrive(self, request: Any, wro: WRO) -> HttpResponse:
        """Note that it has arrived, and go on with the box that was scanned."""
        try:
            arrive_wro(wro_id=wro.pk, actor=request.user, now=request.now)
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return to("change", wro)
        return onward(wro, typed(request).get("text", ""))

    def find(self, request: Any) -> HttpResponse:
        """The WRO of a scanned box; one that has not arrived is asked about."""
        if not request.user.has_perm(WORK):
            raise PermissionDenied
        text = request.GET.get("text", "").replace("\x00", "").strip()
        found = find_wros(request.user, text) if text else []
        if len(found) == 1 and found[0].status in UNDER_WAY:
            return onward(found[0], text)
        context = {"text": text, "found": found, "under_way": UNDER_WAY}
        return self._show(request, "scan_find", "Scan a box", None, **context)

    def _take(self, request: Any, wro: WRO) -> Answer:
        """Scan or undo, and what became of it."""
        data = typed(request)
        try:
            key = UUID(data.get("key", ""))
        except ValueError:
            key = uuid4()
        who = {"actor": request.user, "now": request.now, "wro_id": wro.pk}
        try:
            if data.get("do") == "undo":
                undone = undo_scan(key=key, **who)
                return said("noted", f"Undone: {undone.told}")
            return in_words(scan(shot=shot_of(data, key), **who))
        except DomainError as refusal:
            return said("refused", str(refusal), refusal.code)

    def _board(self, request: Any, wro: WRO) -> Board:
        return board_of(wro, request.user, state_of(wro, request.user), request.now)

    def _fresh(self, request: HttpRequest, wro: WRO) -> Answer:
        version = version_of(wro)
        context = {"board": self._board(request, wro), "wro": wro}
        html = render_to_string("receiving/scan_board.html", context, request)
        return {"board": html, "version": version}


def shot_of(data: dict[str, str], key: UUID) -> Shot:
    """What was sent; `do` is the button: `scan`, or what the person says about the text."""
    says = data.get("do", "")
    return Shot(
        key=key,
        text=data.get("text", ""),
        wanted=as_units(data.get("quantity", "")),
        is_damaged=bool(data.get("damaged")),
        says=says if says in SAYS else "",
        lot_number=data.get("lot_number", "")[:65],
        expires_on=as_expiry(data.get("expires_on", "")),
    )


def in_words(row: Scan) -> Answer:
    return said(row.outcome, row.told, row.code) | {"offers": row.offers, "text": row.text}


def said(outcome: str, told: str, code: str = "") -> Answer:
    word = WORDS[Scan.Outcome(outcome)]
    return {"outcome": str(outcome), "word": word, "told": told, "code": code}


def onward(wro: WRO, text: str) -> HttpResponseRedirect:
    """To the dock's screen, where the box that was scanned is the first scan."""
    address = reverse("admin:receiving_wro_scan", args=[wro.pk])
    first = f"?{urlencode({'first': text})}" if names_box(wro, text) else ""
    return HttpResponseRedirect(f"{address}{first}")
