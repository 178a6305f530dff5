"""The screens of a return: announcing, its page, inspecting, closing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from inventory.admin.lots import days_left
from merchants.errors import DomainError
from merchants.rows import add_refusal_to, changes_rows, typed_rows
from merchants.screens import Verb, page_of, posted, run_verb, trail_to
from returns.forms import (
    Findings,
    OrderField,
    ReturnForm,
    ReturnLines,
    announced_lines,
)
from returns.models import Return, Status
from returns.pages import LineFacts, line_facts, may_inspect, returnable
from returns.services import (
    arrive_return,
    cancel_return,
    complete_return,
    create_return,
    inspect_return,
    preview_inspection,
    update_return,
)

LINE_FIELDS = ["id", "sku", "quantity", "lot_number", "expires_on", "requested_action"]
FINDING_FIELDS = ["line", "quantity", "outcome", "lot_number", "expires_on", "location", "note"]


# Announcing and changing --------------------------------------------------------------------------


def announce(site: admin.AdminSite, request: Any) -> HttpResponse:
    """A new return: with `?order=ORD-000042`, of what may still come back of that order."""
    if changes_rows(request):
        rows = typed_rows(request.POST, LINE_FIELDS, ReturnLines.max_num)
        form, lines = ReturnForm(initial=request.POST.dict()), ReturnLines(initial=rows)
        return show_form(site, request, form, lines)
    if request.method != "POST":
        return show_form(site, request, *start_from(request))
    form, lines = ReturnForm(request.POST), ReturnLines(request.POST)
    if all([form.is_valid(), lines.is_valid()]):
        try:
            document = create_return(
                request=form.request(lines), actor=request.user, now=request.now
            )
        except DomainError as refusal:
            add_refusal_to(form, lines, refusal)
        else:
            messages.success(request, f"{document.number} is announced.")
            return HttpResponseRedirect(page_of(document))
    return show_form(site, request, form, lines)


def start_from(request: Any) -> tuple[ReturnForm, Any]:
    """An empty form, or one filled from the order that the address names."""
    initial, rows = request.GET.dict(), []
    if initial.get("order"):
        try:
            order = OrderField(max_length=32).clean(initial["order"])
        except forms.ValidationError as wrong:
            messages.error(request, wrong.messages[0])
            del initial["order"]
        else:
            rows = returnable(order)
            initial |= {"order": order.number, "merchant": order.merchant_id}
            if not rows:
                messages.warning(request, f"Nothing of {order.number} may come back any more.")
    return ReturnForm(initial=initial), ReturnLines(initial=rows or [{}])


def change(site: admin.AdminSite, request: Any, document: Return) -> HttpResponse:
    """What was announced, changed while it is awaited."""
    if changes_rows(request):
        rows = typed_rows(request.POST, LINE_FIELDS, ReturnLines.max_num)
        form, lines = ReturnForm(initial=request.POST.dict()), ReturnLines(initial=rows)
    elif request.method == "POST":
        data = request.POST.copy()
        data["merchant"] = document.merchant_id
        form, lines = ReturnForm(data), ReturnLines(data)
        if all([form.is_valid(), lines.is_valid()]):
            try:
                update_return(
                    return_id=document.pk,
                    change=form.change(lines),
                    actor=request.user,
                    now=request.now,
                )
            except DomainError as refusal:
                add_refusal_to(form, lines, refusal)
            else:
                messages.success(request, f"{document.number} is changed.")
                return HttpResponseRedirect(page_of(document))
    else:
        form, lines = ReturnForm(initial=as_announced(document)), lines_of(document)
    del form.fields["merchant"]
    return show_form(site, request, form, lines, document)


def as_announced(document: Return) -> dict[str, Any]:
    return {
        "kind": document.kind,
        "order": document.order.number if document.order else "",
        "warehouse": document.warehouse_id,
        "reference": document.reference,
    }


def lines_of(document: Return) -> Any:
    rows = [
        {
            "id": line.pk,
            "sku": line.product.sku,
            "quantity": line.quantity,
            "lot_number": line.lot.number if line.lot else "",
            "expires_on": line.lot.expires_on if line.lot else None,
            "requested_action": line.requested_action,
        }
        for line in document.lines.select_related("product", "lot").order_by("id")
    ]
    return ReturnLines(initial=rows)


def show_form(
    site: admin.AdminSite,
    request: HttpRequest,
    form: ReturnForm,
    lines: Any,
    document: Return | None = None,
) -> HttpResponse:
    context = {
        **site.each_context(request),
        "title": f"Change {document.number}" if document else "Add return",
        "form": form,
        "lines": lines,
        "document": document,
        "merchant_id": document.merchant_id if document else "",
    }
    return TemplateResponse(request, "returns/announce.html", context)


# The page of a return -----------------------------------------------------------------------------


def show_return(site: admin.AdminSite, request: Any, document: Return) -> HttpResponse:
    """What was asked for and what was done, apart, each with its rule in words."""
    today = document.warehouse.today(request.now)
    facts = line_facts(document)
    context = {
        **site.each_context(request),
        "title": document.number,
        "document": document,
        "lines": [(one, *dated(one, today)) for one in facts],
        "missing": sum(one.missing for one in facts),
        "may_change": request.user.has_perm("returns.change_return"),
        "is_awaiting": document.status == Status.AWAITING,
        "is_open": may_inspect(document),
        "is_completed": document.status == Status.COMPLETED,
    }
    return TemplateResponse(request, "returns/return.html", context)


def dated(facts: LineFacts, today: Any) -> tuple[str, list[tuple[Any, str]]]:
    """The announced lot's expiry, and each disposition with that of its own, in words."""
    return lot_expiry(facts.line.lot, today), [
        (one, lot_expiry(one.lot, today) if one.lot else str(one.expires_on or "–"))
        for one in facts.done
    ]


def lot_expiry(lot: Any, today: Any) -> str:
    return "–" if lot is None else days_left(lot.expires_on, lot.days_remaining(today))


# Inspecting ---------------------------------------------------------------------------------------


def inspect(site: admin.AdminSite, request: Any, document: Return) -> HttpResponse:
    """What was found; first shown what becomes of it and why, then done."""
    if not may_inspect(document):
        messages.error(request, f"{document.number} is not here to be inspected.")
        return HttpResponseRedirect(page_of(document))
    facts = line_facts(document)
    announced = announced_lines([one.line for one in facts])
    form, preview = forms.Form(posted(request)), None
    if changes_rows(request):
        rows = typed_rows(request.POST, FINDING_FIELDS, Findings.max_num)
        findings = Findings(initial=rows, form_kwargs={"announced": announced})
    elif request.method == "POST":
        findings = Findings(request.POST, form_kwargs={"announced": announced})
        if findings.is_valid() and form.is_valid():
            try:
                preview = judge(document, findings, request)
            except DomainError as refusal:
                add_refusal_to(form, findings, refusal)
            else:
                if preview is None:
                    return HttpResponseRedirect(page_of(document))
    else:
        findings = Findings(initial=not_yet_found(facts), form_kwargs={"announced": announced})
    context = {
        **site.each_context(request),
        "title": f"Inspect {document.number}",
        "document": document,
        "form": form,
        "lines": findings,
        "facts": facts,
        "preview": preview,
        "asks_for_lot": any(one.line.product.is_lot_product for one in facts),
    }
    return TemplateResponse(request, "returns/inspect.html", context)


def judge(document: Return, findings: Any, request: Any) -> Any:
    """Do it where it was confirmed (None), else say what would be done."""
    found = [row.finding() for row in findings.filled()]
    if "confirm" not in request.POST:
        return preview_inspection(return_id=document.pk, findings=found, now=request.now)
    done = inspect_return(
        return_id=document.pk, findings=found, actor=request.user, now=request.now
    )
    messages.success(request, f"{document.number}: {in_words(done)}.")
    return None


def in_words(done: Any) -> str:
    """How many units went where."""
    verbs = {"restock": "restocked", "quarantine": "quarantined", "dispose": "disposed of"}
    units = {
        words: sum(one.quantity for one in done if one.action == action)
        for action, words in verbs.items()
    }
    parts = [f"{count} {words}" for words, count in units.items() if count]
    return ", ".join(parts)


def not_yet_found(facts: list[LineFacts]) -> list[dict[str, Any]]:
    """A row for each line of which units are still awaited, all of them in the announced lot."""
    rows = [
        {
            "line": one.line.pk,
            "quantity": one.missing,
            "lot_number": one.line.lot.number if one.line.lot else "",
            "expires_on": one.line.lot.expires_on if one.line.lot else None,
        }
        for one in facts
        if one.missing
    ]
    return rows or [{"line": facts[0].line.pk}]


# Its other verbs ----------------------------------------------------------------------------------


def arrive(site: admin.AdminSite, request: Any, document: Return) -> HttpResponse:
    verb = Verb(
        title=f"{document.number} has arrived",
        submit="Mark as arrived",
        explanation="The parcel is in the house. Its units move when they are inspected; from now "
        "on the merchant can no longer change or cancel the return.",
        perform=lambda _, request: perform_arrive(document, request),
        links=trail_to(document),
    )
    return run_verb(site, request, forms.Form(posted(request)), verb)


def perform_arrive(document: Return, request: Any) -> str:
    arrive_return(return_id=document.pk, actor=request.user, now=request.now)
    return f"{document.number} has arrived."


def cancel(site: admin.AdminSite, request: Any, document: Return) -> HttpResponse:
    verb = Verb(
        title=f"Cancel {document.number}",
        submit="Cancel the return",
        explanation="Its units may then be announced again on another return. A cancelled return "
        "cannot be opened again.",
        danger=True,
        perform=lambda _, request: perform_cancel(document, request),
        links=trail_to(document),
    )
    return run_verb(site, request, forms.Form(posted(request)), verb)


def perform_cancel(document: Return, request: Any) -> str:
    cancel_return(return_id=document.pk, actor=request.user, now=request.now)
    return f"{document.number} is cancelled."


def complete(site: admin.AdminSite, request: Any, document: Return) -> HttpResponse:
    missing = [one for one in line_facts(document) if one.missing]
    verb = Verb(
        title=f"Complete {document.number}",
        submit="Complete the return",
        explanation=what_is_missing(missing),
        danger=bool(missing),
        perform=lambda _, request: perform_complete(document, request),
        links=trail_to(document),
    )
    return run_verb(site, request, forms.Form(posted(request)), verb)


def what_is_missing(missing: list[LineFacts]) -> str:
    if not missing:
        return "All announced units were found. Nothing can be inspected afterwards."
    units = ", ".join(f"{one.missing} of {one.line.product.sku}" for one in missing)
    return (
        f"Announced and not found: {units}. They count as missing and may be announced on another "
        "return. Nothing can be inspected afterwards."
    )


def perform_complete(document: Return, request: Any) -> str:
    complete_return(return_id=document.pk, actor=request.user, now=request.now)
    return f"{document.number} is completed."
