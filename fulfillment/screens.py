"""The screens of an order: taking one, its page, packing it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse

from fulfillment.forms import MOST_LINES, FoundForm, OrderForm, OrderLines, ShipForm
from fulfillment.models import Order
from fulfillment.packing import Offer
from fulfillment.queries import OrderFacts, order_facts, waves_of
from fulfillment.queries.floor import at_stake, not_found_for, swaps_for
from fulfillment.requests import Find, Swap
from fulfillment.services import (
    allocate_order,
    cancel_order,
    create_order,
    open_order,
    ship_order,
    short_pick,
    swap_and_ship,
)
from inventory.admin.lots import days_left
from inventory.models import Allocation, Lot, Product
from inventory.queries.places import todays
from merchants.errors import DomainError
from merchants.ids import as_id
from merchants.rows import add_refusal_to, changes_rows, typed_rows
from merchants.screens import Verb, page_of, posted, run_verb, trail_to

SUGGESTIONS = 20
LINE_FIELDS = [
    "sku",
    "quantity",
    "lot_number",
    "expires_on",
    "single_lot",
    "min_shelf_life_days",
]


# Taking an order ----------------------------------------------------------------------------------


def take_order(site: admin.AdminSite, request: Any) -> HttpResponse:
    """A form with as many lines as are wanted; + and − work without a script, too."""
    if changes_rows(request):
        rows = typed_rows(request.POST, LINE_FIELDS, MOST_LINES)
        form, lines = OrderForm(initial=request.POST.dict()), OrderLines(initial=rows)
        return show_order_form(site, request, form, lines)
    data = posted(request)
    form, lines = OrderForm(data, initial=request.GET.dict()), OrderLines(data)
    if data is not None and all([form.is_valid(), lines.is_valid()]):
        take = open_order if "leave_open" in data else create_order
        asked = form.request([line.request() for line in lines.filled()])
        try:
            order = take(request=asked, actor=request.user, now=request.now)
        except DomainError as refusal:
            add_refusal_to(form, lines, refusal)
        else:
            messages.success(request, f"{order.number} is taken. {outcome(order, request.now)}")
            return HttpResponseRedirect(page_of(order))
    return show_order_form(site, request, form, lines)


def show_order_form(
    site: admin.AdminSite, request: HttpRequest, form: OrderForm, lines: Any
) -> HttpResponse:
    context = {
        **site.each_context(request),
        "title": "Add order",
        "form": form,
        "lines": lines,
    }
    return TemplateResponse(request, "fulfillment/take_order.html", context)


def suggest_products(request: Any) -> JsonResponse:
    """A merchant's products by SKU, name, barcode or id."""
    rows = Product.objects.filter(merchant=as_id(request.GET.get("merchant")))
    words = request.GET.get("term", "").replace("\x00", "").strip()
    found = (rows.search(words) if words else rows).order_by("sku")[:SUGGESTIONS]
    return JsonResponse(
        {"results": [{"value": one.sku, "label": f"{one.name} · {one.pk}"} for one in found]}
    )


def suggest_lots(request: Any) -> JsonResponse:
    """The lots of a product, first expired first."""
    lots = Lot.objects.filter(
        product__merchant=as_id(request.GET.get("merchant")),
        product__sku=request.GET.get("sku", "").replace("\x00", ""),
        is_active=True,
    ).exclude(number="")
    found = lots.first_expired_first()[:SUGGESTIONS]
    return JsonResponse({"results": [{"value": lot.number, "label": expiry(lot)} for lot in found]})


def expiry(lot: Lot) -> str:
    return f"expires {lot.expires_on}" if lot.expires_on else "no expiry"


def outcome(order: Order, now: Any) -> str:
    """What an order came to, in a sentence."""
    (facts,) = order_facts([order], now=now)
    if facts.backordered:
        return f"{facts.promised} units are allocated, {facts.backordered} are backordered."
    if facts.promised:
        return f"All of its {facts.promised} units are allocated."
    return "It waits to be allocated."


# The page of an order -----------------------------------------------------------------------------


def show_order(site: admin.AdminSite, request: Any, order: Order) -> HttpResponse:
    """The lines with what is promised to them and what passed them over, and what left."""
    (facts,) = order_facts([order], now=request.now)
    today = todays(request.now).latest([facts.warehouse.pk] if facts.warehouse else [])
    context = {
        **site.each_context(request),
        "title": order.number,
        "facts": facts,
        "order": order,
        "lines": [(line, with_expiry(line.allocations, today)) for line in facts.lines],
        "waves": [place.wave for place in waves_of(order)],
        "swaps": [(line.product, swap) for line in facts.lines for swap in line.swaps],
        "not_found": not_found_for(order),
        "shipments": [(one.shipment, one.movements) for one in facts.shipments],
        "recipient": [(name.capitalize(), text) for name, text in order.ship_to.items() if text],
        "may_change": request.user.has_perm("fulfillment.change_order"),
    }
    return TemplateResponse(request, "fulfillment/order.html", context)


def with_expiry(allocations: Any, today: Any) -> list[tuple[Any, str]]:
    """Each allocation with its lot's expiry and days remaining."""
    return [(one, lot_expiry(one.balance.lot, today)) for one in allocations]


def lot_expiry(lot: Lot | None, today: Any) -> str:
    return "–" if lot is None else days_left(lot.expires_on, lot.days_remaining(today))


# Its verbs ----------------------------------------------------------------------------------------


def allocate(site: admin.AdminSite, request: HttpRequest, order: Order) -> HttpResponse:
    verb = Verb(
        title=f"Allocate {order.number}",
        submit="Allocate",
        explanation="Units are promised first expired first; what cannot be covered is "
        "backordered and gets the next units that may ship.",
        perform=partial(perform_allocate, order),
        links=trail_to(order),
    )
    return run_verb(site, request, forms.Form(posted(request)), verb)


def perform_allocate(order: Order, form: forms.Form, request: Any) -> str:
    allocate_order(order_id=order.pk, actor=request.user, now=request.now)
    return f"{order.number}: {outcome(order, request.now)}"


def cancel(site: admin.AdminSite, request: Any, order: Order) -> HttpResponse:
    (facts,) = order_facts([order], now=request.now)
    verb = Verb(
        title=f"Cancel {order.number}",
        submit="Cancel the order",
        explanation=what_cancelling_does(facts),
        danger=True,
        perform=partial(perform_cancel, order),
        links=trail_to(order),
        template="fulfillment/cancel.html",
    )
    return run_verb(site, request, forms.Form(posted(request)), verb)


def what_cancelling_does(facts: OrderFacts) -> str:
    if not facts.promised:
        return "No unit is promised to it. A cancelled order cannot be opened again."
    units = "1 promised unit is" if facts.promised == 1 else f"{facts.promised} promised units are"
    return (
        f"Its {units} released and offered to backordered orders at once. A cancelled order "
        "cannot be opened again."
    )


def perform_cancel(order: Order, form: forms.Form, request: Any) -> str:
    cancel_order(order_id=order.pk, actor=request.user, now=request.now)
    return f"{order.number} is cancelled."


def ship(site: admin.AdminSite, request: Any, order: Order) -> HttpResponse:
    (facts,) = order_facts([order], now=request.now)
    allocations = [one for line in facts.lines for one in line.allocations]
    form = ShipForm(posted(request), allocations=allocations, verify_lot=order.merchant.verify_lot)
    offers = swaps_for(form.read())
    today = todays(request.now).latest([facts.warehouse.pk] if facts.warehouse else [])
    verb = Verb(
        title=f"Ship {order.number}",
        submit="Ship",
        explanation="" if allocations else "Nothing is allocated: allocate the order first.",
        perform=partial(perform_ship, order, offers),
        links=trail_to(order),
        template="fulfillment/ship.html",
        context={
            "order": order,
            "facts": facts,
            "offers": offers,
            "rows": [(row, lot_expiry(row.allocation.balance.lot, today)) for row in form.rows()],
        },
    )
    return run_verb(site, request, form, verb)


def perform_ship(order: Order, offers: Sequence[Offer], form: ShipForm, request: Any) -> str:
    """Ship; where another lot was read and the packer chose to swap, swap first."""
    packed = {
        "order_id": order.pk,
        "tracking_number": form.cleaned_data["tracking_number"],
        "lines": form.packed(),
        "actor": request.user,
        "now": request.now,
    }
    if "swap" in request.POST and offers:
        why = form.cleaned_data["reason"]
        swaps = [as_swap(offer, why) for offer in offers]
        shipment = swap_and_ship(swaps=swaps, **packed)
    else:
        shipment = ship_order(**packed)
    units = sum(movement.quantity for movement in shipment.posting.movements.all())
    return f"{units} {'unit' if units == 1 else 'units'} of {order.number} left."


def as_swap(offer: Offer, reason: str) -> Swap:
    reading = offer.reading
    return Swap(
        line_id=reading.line_id,
        source_lot_id=reading.promised.lot_id,
        target_lot_id=reading.lot_id,  # type: ignore[arg-type]  # an offer is of a lot
        quantity=offer.quantity,
        reason=reason,
    )


def not_found(
    site: admin.AdminSite, request: Any, order: Order, allocation_id: int
) -> HttpResponse:
    """Report units that are promised at a bin and were not found there."""
    rows = Allocation.objects.filter(demand__order_line__order=order)
    related = rows.select_related("product", "balance__lot", "balance__location")
    allocation = related.filter(pk=allocation_id).first()
    if allocation is None:  # it was released since the page was opened
        messages.error(request, "These units are no longer allocated: see what is now.")
        return HttpResponseRedirect(page_of(order))
    balance = allocation.balance
    promised, most = at_stake(order, allocation)
    what = f"lot {balance.lot} of {allocation.product.sku}" if balance.lot else allocation.product
    verb = Verb(
        title=f"Not found at {balance.location.name}: {what}",
        submit="Report the units",
        explanation="Say how many of them were found. The rest of this lot in the bin, but for "
        "what other orders are promised, goes to quarantine until it is counted: "
        f"{most} units if none was found. The order gets other units where there are any.",
        danger=True,
        perform=partial(perform_not_found, order, allocation),
        links=trail_to(order),
    )
    form = FoundForm(posted(request), allocated=promised)
    return run_verb(site, request, form, verb)


def perform_not_found(order: Order, allocation: Allocation, form: FoundForm, request: Any) -> str:
    balance = allocation.balance
    find = Find(
        allocation.product_id, balance.lot_id, balance.location_id, form.cleaned_data["found"]
    )
    posting = short_pick(order_id=order.pk, find=find, actor=request.user, now=request.now)
    units = sum(movement.quantity for movement in posting.movements.all())
    are = "1 unit is" if units == 1 else f"{units} units are"
    return f"{are} in quarantine until counted. {outcome(order, request.now)}"
