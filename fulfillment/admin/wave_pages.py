"""The pages of waves: choosing orders, watching a wave, walking for it."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse

from fulfillment.admin.wave_form import WaveForm
from fulfillment.models import Wave, WaveStatus
from fulfillment.queries import (
    Choice,
    Results,
    choice,
    line_facts,
    pick_list,
    places_of,
    shares,
    short_lines,
    wave_orders,
    wave_results,
)
from fulfillment.requests import WaveRequest
from fulfillment.services import cancel_wave, create_wave, interrupt_wave, release_wave
from merchants.errors import DomainError
from merchants.screens import Verb, add_refusal, page_of, posted, run_verb, trail_to

ORDERS_OF_A_PAGE = 20
LINES_OF_A_PAGE = 20
STOPS_OF_A_SHEET = 500
SHARES_SHOWN = 6


def filters_in_words(wave: Wave) -> str:
    """By what its orders were chosen."""
    filters = [
        wave.is_chosen_by_hand and "hand, order by order",
        wave.merchant and wave.merchant.code,
        wave.get_channel_display(),
        wave.warehouse and f"from {wave.warehouse.code}",
        wave.ship_by and f"to be shipped by {wave.ship_by}",
        wave.min_priority is not None and f"priority {wave.min_priority} or higher",
    ]
    return " · ".join(str(one) for one in filters if one) or "no filter"


# Choosing orders ----------------------------------------------------------------------------------


def start_wave(site: admin.AdminSite, request: Any) -> HttpResponse:
    """Filters, and what they would take; the wave is released at once, or kept for later."""
    form = WaveForm(request.POST if request.method == "POST" else request.GET)
    if form.is_valid() and request.method == "POST":
        try:
            wave = create_wave(request=form.request(), actor=request.user, now=request.now)
            if "release" in request.POST:
                release_wave(wave_id=wave.pk, actor=request.user, now=request.now)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, what_starting_did(wave, released="release" in request.POST))
            return HttpResponseRedirect(page_of(wave))
    context = {
        **site.each_context(request),
        "title": "New wave",
        "form": form,
        "form_errors": form.non_field_errors(),
        "found_in_words": found_by(form)["text"],
    }
    return TemplateResponse(request, "fulfillment/wave_new.html", context)


def count(request: HttpRequest) -> JsonResponse:
    """What the filters in the address would take, for the form to show while one chooses."""
    return JsonResponse(found_by(WaveForm(request.GET)))


def found_by(form: WaveForm) -> dict[str, Any]:
    """How many orders the filters would take, and that in words."""
    if form.errors.keys() & form.fields.keys():
        return {"orders": 0, "text": "Please correct what is marked."}
    found = choice(form.request())
    return {"orders": found.orders, "text": in_words(found)}


def in_words(found: Choice) -> str:
    if not found.orders:
        return "No open order passes these filters."
    orders = "1 open order" if found.orders == 1 else f"{found.orders:,} open orders"
    return f"{orders} with {units(found.units)}."


def units(number: int) -> str:
    return "1 unit" if number == 1 else f"{number:,} units"


def what_starting_did(wave: Wave, *, released: bool) -> str:
    orders = "1 order" if wave.order_count == 1 else f"{wave.order_count:,} orders"
    if released:
        return f"{wave.number} with {orders} is released; a worker goes through it now."
    return f"{wave.number} holds {orders}. Release it when you are ready."


def start_with(request: Any, order_ids: list[int]) -> HttpResponse:
    """A wave of orders that were ticked in their list, to be looked at before it is released."""
    wanted = WaveRequest(order_ids=order_ids)
    wave = create_wave(request=wanted, actor=request.user, now=request.now)
    messages.success(request, what_starting_did(wave, released=False))
    return HttpResponseRedirect(page_of(wave))


# The page of a wave -------------------------------------------------------------------------------


def show_wave(site: admin.AdminSite, request: Any, wave: Wave) -> HttpResponse:
    """Progress, what is short and why, and what every order got. Lists come in pages."""
    results = wave_results(wave)
    short = asked_page(request, "short", results.short_lines, LINES_OF_A_PAGE)
    pages = asked_page(request, "orders", wave.order_count, ORDERS_OF_A_PAGE)
    first, last = pages.start_index(), pages.end_index()
    lines = short_lines(wave)[max(short.start_index() - 1, 0) : short.end_index()]
    places = places_of(wave).filter(position__range=(first, last))
    context = {
        **site.each_context(request),
        "title": wave.number,
        "wave": wave,
        "results": results,
        "filters": filters_in_words(wave),
        "progress_in_words": progress_in_words(wave),
        "short": line_facts(lines.select_related("order__merchant"), now=request.now),
        "short_pages": steps(request, short, "short"),
        "orders": wave_orders(places),
        "order_pages": steps(request, pages, "orders"),
        "may_change": request.user.has_perm("fulfillment.change_wave"),
        "release_label": RELEASE_LABELS.get(wave.status, ""),
        "may_interrupt": wave.is_under_way,
        "may_cancel": wave.is_unfinished,
        "may_see_job": request.user.has_perm("jobs.view_job"),
    }
    return TemplateResponse(request, "fulfillment/wave.html", context)


RELEASE_LABELS = {
    WaveStatus.OPEN: "Release",
    WaveStatus.INTERRUPTED: "Resume",
    WaveStatus.COMPLETED: "Run again",
}


class Range:
    """So many rows, which a paginator only counts: the page reads its own by their places."""

    ordered = True

    def __init__(self, length: int) -> None:
        self.length = length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, rows: slice) -> range:
        return range(self.length)[rows]


def asked_page(request: HttpRequest, name: str, length: int, size: int) -> Page:
    return Paginator(Range(length), size).get_page(request.GET.get(name))


def steps(request: HttpRequest, page: Page, name: str) -> dict[str, Any]:
    """The links to the pages before and after, with the other list's page as it is."""
    others = {key: value for key, value in request.GET.items() if key != name}

    def link(number: int) -> str:
        return f"?{urlencode({**others, name: number})}#{name}"

    return {
        "page": page,
        "name": name,
        "previous": link(page.number - 1) if page.has_previous() else "",
        "next": link(page.number + 1) if page.has_next() else "",
    }


def progress(site: admin.AdminSite, request: HttpRequest, wave: Wave) -> JsonResponse:
    """How far it is, for the page to follow."""
    results: Results = wave_results(wave)
    return JsonResponse(
        {
            "is_under_way": wave.is_under_way,
            "status": wave.get_status_display(),
            "done": wave.done_count,
            "orders": wave.order_count,
            "text": progress_in_words(wave),
            "results": {**asdict(results), "missing": results.missing},
        }
    )


def progress_in_words(wave: Wave) -> str:
    return f"{wave.done_count:,} of {wave.order_count:,} orders released ({wave.percent} %)"


# Its verbs ----------------------------------------------------------------------------------------


def release(site: admin.AdminSite, request: HttpRequest, wave: Wave) -> HttpResponse:
    verb = Verb(
        title=f"Release {wave.number}",
        submit=RELEASE_LABELS.get(wave.status, "Release"),
        explanation="A worker promises units to its orders by priority, then age, first expired "
        "first. What is promised already stays as it is.",
        perform=partial(perform_release, wave),
        links=trail_to(wave),
    )
    return run_verb(site, request, forms.Form(posted(request)), verb)


def perform_release(wave: Wave, form: forms.Form, request: Any) -> str:
    release_wave(wave_id=wave.pk, actor=request.user, now=request.now)
    return f"{wave.number} is released; a worker goes through it now."


def interrupt(site: admin.AdminSite, request: HttpRequest, wave: Wave) -> HttpResponse:
    verb = Verb(
        title=f"Interrupt {wave.number}",
        submit="Interrupt",
        explanation="It stops before its next orders and can be resumed. What is promised stays "
        "promised.",
        perform=partial(perform_interrupt, wave),
        links=trail_to(wave),
    )
    return run_verb(site, request, forms.Form(posted(request)), verb)


def perform_interrupt(wave: Wave, form: forms.Form, request: Any) -> str:
    interrupt_wave(wave_id=wave.pk, actor=request.user, now=request.now)
    return f"{wave.number} is interrupted: resume it whenever you like."


def cancel(site: admin.AdminSite, request: HttpRequest, wave: Wave) -> HttpResponse:
    verb = Verb(
        title=f"Cancel {wave.number}",
        submit="Cancel the wave",
        explanation=what_cancelling_does(wave),
        danger=True,
        perform=partial(perform_cancel, wave),
        links=trail_to(wave),
        template="fulfillment/wave_cancel.html",
    )
    return run_verb(site, request, forms.Form(posted(request)), verb)


def what_cancelling_does(wave: Wave) -> str:
    left = wave.order_count - wave.done_count
    orders = (
        "1 order is not released yet: it stays"
        if left == 1
        else f"{left:,} orders are not released yet: they stay"
    )
    return (
        f"{orders} open and may join another wave. What is promised stays promised. A cancelled "
        "wave cannot be released again."
    )


def perform_cancel(wave: Wave, form: forms.Form, request: Any) -> str:
    cancel_wave(wave_id=wave.pk, actor=request.user, now=request.now)
    return f"{wave.number} is cancelled."


# Walking for it -----------------------------------------------------------------------------------


def show_pick_list(site: admin.AdminSite, request: Any, wave: Wave) -> HttpResponse:
    """A sheet of the walk, to be printed: where to stop, what to take, for which orders."""
    text = request.GET.get("sheet", "1")
    sheet = int(text) if text.isdecimal() and text.isascii() and 0 < len(text) < 6 else 1
    start = (max(sheet, 1) - 1) * STOPS_OF_A_SHEET
    stops = pick_list(wave, start=start, stop=start + STOPS_OF_A_SHEET + 1)
    shown = stops[:STOPS_OF_A_SHEET]
    of_orders = shares(wave, shown)
    context = {
        **site.each_context(request),
        "title": f"Pick list of {wave.number}",
        "wave": wave,
        "links": trail_to(wave),
        "stops": [(one, *first_shares(of_orders[one.balance_id])) for one in shown],
        "units": sum(one.units for one in shown),
        "mixes_merchants": len({one.merchant for one in shown}) > 1,
        "mixes_warehouses": len({one.warehouse for one in shown}) > 1,
        "sheet": sheet,
        "previous": sheet - 1,
        "next": sheet + 1 if len(stops) > STOPS_OF_A_SHEET else 0,
        "printed_at": request.now,
    }
    return TemplateResponse(request, "fulfillment/pick_list.html", context)


def first_shares(of_orders: list[Any]) -> tuple[list[Any], int]:
    """The orders to name at a stop, and how many more there are."""
    return of_orders[:SHARES_SHOWN], max(len(of_orders) - SHARES_SHOWN, 0)
