"""Activating and deactivating selected lots: what it would do is shown before it is done."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.template.response import TemplateResponse

from inventory.querysets import LotQuerySet
from inventory.services.activation import (
    LONGEST_REASON,
    MOST_LOTS,
    Wish,
    preview_activity,
    set_activity,
)
from merchants.errors import DomainError
from merchants.screens import add_refusal

MOST_SHOWN = 200


class ReasonForm(forms.Form):
    """Why; needed to deactivate."""

    reason = forms.CharField(
        max_length=LONGEST_REASON,
        help_text="It stands in the history of each lot.",
        widget=forms.TextInput(attrs={"list": "reasons", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, is_active: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = not is_active


def change_activity(
    model_admin: Any, request: Any, queryset: LotQuerySet, *, is_active: bool
) -> HttpResponse | None:
    """Ask first, with the effect on open orders; done once it is confirmed."""
    ids = list(queryset.order_by("pk").values_list("pk", flat=True)[: MOST_LOTS + 1])
    if len(ids) > MOST_LOTS:
        messages.error(request, f"At most {MOST_LOTS:,} lots are changed at once: select fewer.")
        return None
    confirmed = "confirmed" in request.POST
    form = ReasonForm(request.POST if confirmed else None, is_active=is_active)
    if confirmed and form.is_valid():
        wish = Wish(is_active, form.cleaned_data["reason"])
        try:
            done = set_activity(
                actor=request.user, now=request.now, wishes=dict.fromkeys(ids, wish)
            )
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _told(len(ids), done.released, is_active))
            return None
    try:
        return _show(model_admin, request, ids, form, is_active=is_active)
    except DomainError as refusal:  # such as a lot that was merged
        messages.error(request, str(refusal))
        return None


def _show(
    model_admin: Any, request: Any, ids: list[int], form: ReasonForm, *, is_active: bool
) -> HttpResponse:
    wishes = dict.fromkeys(ids, Wish(is_active))
    effect = preview_activity(actor=request.user, now=request.now, wishes=wishes)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Activate lots" if is_active else "Deactivate lots",
        "opts": model_admin.opts,
        "ids": ids,
        "lots": model_admin.get_queryset(request).filter(pk__in=ids[:MOST_SHOWN]),
        "is_active": is_active,
        "effect": effect,
        "orders": effect.orders[:MOST_SHOWN],
        "most_shown": MOST_SHOWN,
        "form": form,
        "action": "activate" if is_active else "deactivate",
    }
    return TemplateResponse(request, "inventory/lots_active.html", context)


def _told(lots: int, released: int, is_active: bool) -> str:
    what = "active" if is_active else "inactive"
    lots_are = "1 lot is" if lots == 1 else f"{lots} lots are"
    units = "1 promised unit was" if released == 1 else f"{released} promised units were"
    return f"{lots_are} {what}." + (f" {units} taken back." if released else "")
