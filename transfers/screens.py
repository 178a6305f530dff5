"""The screens of a transfer: planning, its page, sending, receiving and how it ends."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse

from inventory.admin.lots import days_left
from inventory.models import Product, Warehouse
from inventory.queries.places import todays
from merchants.errors import DomainError
from merchants.ids import as_id
from merchants.rows import add_refusal_to, changes_rows, typed_rows
from merchants.screens import Verb, page_of, posted, run_verb, trail_to
from transfers.choosing import Free, choose, in_rotation
from transfers.forms import (
    MOST_LINES,
    Arrivals,
    SendForm,
    TransferForm,
    TransferLines,
    WriteOffForm,
)
from transfers.models import Line, Transfer
from transfers.queries import (
    free_in_bins,
    free_lots,
    lines_of,
    movements_of,
    suggested_bins,
    totals_of,
)
from transfers.services import (
    cancel_transfer,
    create_transfer,
    receive_transfer,
    send_transfer,
    write_off_transfer,
)

SUGGESTIONS = 20
WRITE_OFF = "inventory.add_posting"  # correct what is counted
LINE_FIELDS = ["sku", "quantity", "lot_number", "expires_on"]
ARRIVAL_FIELDS = ["line", "quantity", "location"]


def not_now(request: HttpRequest, transfer: Transfer, what: str) -> HttpResponse:
    status = transfer.get_status_display().lower()
    messages.error(request, f"{transfer.number} is {status}: it cannot be {what} now.")
    return HttpResponseRedirect(page_of(transfer))


# Planning -----------------------------------------------------------------------------------------


def plan(site: admin.AdminSite, request: Any) -> HttpResponse:
    """From where to where, and which products and lots."""
    if changes_rows(request):
        rows = typed_rows(request.POST, LINE_FIELDS, MOST_LINES)
        form, lines = TransferForm(initial=request.POST.dict()), TransferLines(initial=rows)
        return show_form(site, request, form, lines)
    data = posted(request)
    form, lines = TransferForm(data, initial=request.GET.dict()), TransferLines(data)
    if data is not None and all([form.is_valid(), lines.is_valid()]):
        try:
            asked = form.request(lines)
            transfer = create_transfer(request=asked, actor=request.user, now=request.now)
        except DomainError as refusal:
            add_refusal_to(form, lines, refusal)
        else:
            messages.success(request, f"{transfer.number} is planned. Nothing has moved yet.")
            return HttpResponseRedirect(page_of(transfer))
    return show_form(site, request, form, lines)


def show_form(
    site: admin.AdminSite, request: HttpRequest, form: TransferForm, lines: Any
) -> HttpResponse:
    context = {
        **site.each_context(request),
        "title": "New transfer",
        "form": form,
        "lines": lines,
        "is_possible": Warehouse.objects.count() > 1,
    }
    return TemplateResponse(request, "transfers/plan.html", context)


def suggest_products(request: Any) -> JsonResponse:
    """A merchant's products by SKU, name, barcode or id."""
    rows = Product.objects.filter(merchant=as_id(request.GET.get("merchant")))
    words = request.GET.get("term", "").replace("\x00", "").strip()
    found = (rows.search(words) if words else rows).order_by("sku")[:SUGGESTIONS]
    return JsonResponse({"results": [{"value": one.sku, "label": one.name} for one in found]})


def suggest_lots(request: Any) -> JsonResponse:
    """The lots of a product with unpromised units in the source, in rotation order."""
    product = Product.objects.filter(
        merchant=as_id(request.GET.get("merchant")),
        sku=request.GET.get("sku", "").replace("\x00", ""),
    ).first()
    found = (
        free_lots(product, as_id(request.GET.get("source")) or 0, request.now) if product else []
    )
    return JsonResponse(
        {
            "results": [
                {"value": lot.number, "label": f"{units} free, expires {lot.expires_on or 'never'}"}
                for lot, units in found[:SUGGESTIONS]
                if lot.number
            ]
        }
    )


# The page of a transfer ---------------------------------------------------------------------------


def show_transfer(site: admin.AdminSite, request: Any, transfer: Transfer) -> HttpResponse:
    """What is asked for, how far it came, and everything that moved under its number."""
    lines = lines_of(transfer)
    context = {
        **site.each_context(request),
        "title": transfer.number,
        "transfer": transfer,
        "lines": [(line, expiry_of(line, transfer.target, request.now)) for line in lines],
        "totals": totals_of(lines),
        "movements": movements_of(transfer),
        "may_change": request.user.has_perm("transfers.change_transfer"),
        "may_write_off": may_write_off(request.user),
    }
    return TemplateResponse(request, "transfers/transfer.html", context)


def expiry_of(line: Line, warehouse: Warehouse, now: Any) -> str:
    """The lot's expiry with the days that remain on the warehouse's day."""
    if line.lot is None:
        return "–"
    return days_left(line.lot.expires_on, line.lot.days_remaining(warehouse.today(now)))


def may_write_off(user: Any) -> bool:
    return bool(user.has_perm("transfers.change_transfer") and user.has_perm(WRITE_OFF))


# Its verbs ----------------------------------------------------------------------------------------


def send(site: admin.AdminSite, request: Any, transfer: Transfer) -> HttpResponse:
    """What to take from which bin, filled in by rotation."""
    if transfer.status != Transfer.Status.AWAITING:
        return not_now(request, transfer, "sent")
    lines = lines_of(transfer)
    form = SendForm(posted(request), bins=bins_of(transfer, lines, request.now))
    verb = Verb(
        title=f"Send {transfer.number}",
        submit="Send the units",
        perform=partial(perform_send, transfer),
        links=trail_to(transfer),
        template="transfers/send.html",
        context={
            "transfer": transfer,
            "rows": [
                (row, expiry_of(row.line, transfer.source, request.now)) for row in form.rows()
            ],
            "short": [line for line in lines if line.pk not in covered(form)],
        },
    )
    return run_verb(site, request, form, verb)


def bins_of(transfer: Transfer, lines: list[Line], now: Any) -> list[tuple[Line, Free, int]]:
    """Every bin with free units of a line's lot, in rotation order, and how many are suggested."""
    free = in_rotation(
        free_in_bins({line.product_id for line in lines}, transfer.source_id, todays(now))
    )
    wanted = [((line.product_id, line.lot_id), line.quantity) for line in lines]
    bins = []
    for line, picks in zip(lines, choose(wanted, free), strict=True):
        suggested = {pick.free.stock.balance_id: pick.quantity for pick in picks}
        bins += [
            (line, one, suggested.get(one.stock.balance_id, 0))
            for one in free
            if one.units == (line.product_id, line.lot_id)
        ]
    return bins


def covered(form: SendForm) -> set[int]:
    """Lines of which the bins have all that is asked for."""
    units: dict[int, int] = {}
    for line, free in form.bins.values():
        units[line.pk] = units.get(line.pk, 0) + free.stock.free
    return {line.pk for line, _ in form.bins.values() if units[line.pk] >= line.quantity}


def perform_send(transfer: Transfer, form: SendForm, request: Any) -> str:
    taken = form.taken()
    send_transfer(
        transfer_id=transfer.pk,
        tracking_number=form.cleaned_data["tracking_number"],
        lines=taken,
        actor=request.user,
        now=request.now,
    )
    units = sum(one.quantity for one in taken)
    return f"{transfer.number}: {units} units are in transit to {transfer.target.code}."


def receive(site: admin.AdminSite, request: Any, transfer: Transfer) -> HttpResponse:
    """What arrived and where it goes, filled in with what is under way and the suggested bins."""
    if transfer.status != Transfer.Status.IN_TRANSIT:
        return not_now(request, transfer, "received")
    under_way = [line for line in lines_of(transfer) if line.in_transit]
    named = {"form_kwargs": {"under_way": under_way}}
    form = forms.Form(posted(request))
    if changes_rows(request):
        rows: Any = typed_rows(request.POST, ARRIVAL_FIELDS, MOST_LINES)
        lines = Arrivals(initial=rows, **named)
    elif request.method == "POST":
        lines = Arrivals(request.POST, **named)
        if lines.is_valid() and form.is_valid():
            try:
                done = perform_receive(transfer, lines, request)
            except DomainError as refusal:
                add_refusal_to(form, lines, refusal)
            else:
                messages.success(request, done)
                return HttpResponseRedirect(page_of(transfer))
    else:
        lines = Arrivals(initial=expected(under_way, transfer), **named)
    context = {
        **site.each_context(request),
        "title": f"Receive {transfer.number}",
        "transfer": transfer,
        "form": form,
        "lines": lines,
    }
    return TemplateResponse(request, "transfers/receive.html", context)


def expected(under_way: list[Line], transfer: Transfer) -> list[dict[str, Any]]:
    suggestions = suggested_bins(under_way, transfer.target_id)
    return [
        {"line": line.pk, "quantity": line.in_transit, "location": bin.name if bin else ""}
        for line, bin in zip(under_way, suggestions, strict=True)
    ]


def perform_receive(transfer: Transfer, lines: Any, request: Any) -> str:
    stowed = [row.stowed() for row in lines.filled()]
    done = receive_transfer(
        transfer_id=transfer.pk, lines=stowed, actor=request.user, now=request.now
    )
    units = sum(one.quantity for one in stowed)
    complete = " It is complete." if done.status == Transfer.Status.COMPLETED else ""
    return f"{transfer.number}: {units} units are received.{complete}"


def write_off(site: admin.AdminSite, request: Any, transfer: Transfer) -> HttpResponse:
    if transfer.status != Transfer.Status.IN_TRANSIT:
        return not_now(request, transfer, "written off")
    lines = lines_of(transfer)
    units = totals_of(lines)["in_transit"]
    verb = Verb(
        title=f"Write off what is missing of {transfer.number}",
        submit=f"Write off {units} units",
        explanation=f"{units} units are still in transit. Written off they leave the stock for "
        "good, with this reason, and the transfer is complete. Units found later are adjusted in.",
        danger=True,
        perform=partial(perform_write_off, transfer),
        links=trail_to(transfer),
        template="transfers/write_off.html",
        context={"missing": [line for line in lines if line.in_transit]},
    )
    return run_verb(site, request, WriteOffForm(posted(request)), verb)


def perform_write_off(transfer: Transfer, form: WriteOffForm, request: Any) -> str:
    reason = form.cleaned_data["reason"]
    write_off_transfer(transfer_id=transfer.pk, reason=reason, actor=request.user, now=request.now)
    return f"{transfer.number} is complete; what is missing is written off."


def cancel(site: admin.AdminSite, request: Any, transfer: Transfer) -> HttpResponse:
    if transfer.status != Transfer.Status.AWAITING:
        return not_now(request, transfer, "cancelled")
    verb = Verb(
        title=f"Cancel {transfer.number}",
        submit="Yes, cancel this transfer",
        explanation=f"{transfer.number} will be called off for good. Nothing of it has moved.",
        danger=True,
        perform=partial(perform_cancel, transfer),
        links=trail_to(transfer),
    )
    return run_verb(site, request, forms.Form(posted(request)), verb)


def perform_cancel(transfer: Transfer, form: forms.Form, request: Any) -> str:
    cancel_transfer(transfer_id=transfer.pk, actor=request.user, now=request.now)
    return f"{transfer.number} is cancelled."
