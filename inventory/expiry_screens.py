# mypy: disable-error-code="type-arg, misc, no-any-return, attr-defined"
"""The expiry page: what runs out of life, as a chart and as a table, and what is done about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from inventory.availability import Todays
from inventory.charts import Bar, bars
from inventory.expiry import AgeBucket, LifeBucket
from inventory.models import Action, Balance, Lot, Warehouse
from inventory.queries.expiry import (
    Part,
    Wanted,
    at_risk,
    lot_ids,
    standing,
    units_by_age,
    units_by_life,
    units_by_month,
)
from inventory.queries.expiry_rows import Row, rows_of
from inventory.queries.places import todays
from inventory.services.lot_actions import suggested, take_action
from inventory.spreadsheets.screens import attachment
from inventory.spreadsheets.writing import csv_file, workbook_file
from merchants.lists import FirstRows
from merchants.models import Merchant
from merchants.replica import may_lag
from merchants.screens import Verb, posted, require, run_verb

PERMISSION = "inventory.view_balance"
PAGE_SIZE = 25
BIG = 50_000  # balances, beyond which the sums come after the page
MOST_EXPORTED, CHUNK = 20_000, 1_000  # lots
WITHIN = (7, 30, 60, 90, 180)
CHARTS = {"life": "Days to expiry", "month": "Month of expiry", "age": "Age"}
TONES = {
    "expired": "bad",
    "before": "bad",
    LifeBucket.DAYS_30: "warn",
    LifeBucket.UNDATED: "neutral",
    "never": "neutral",
    AgeBucket.UNKNOWN: "neutral",
}
SHEET = {
    "merchant": lambda row: row.lot.merchant.code,
    "sku": lambda row: row.lot.product.sku,
    "product": lambda row: row.lot.product.name,
    "lot_number": lambda row: row.lot.number,
    "expires_on": lambda row: row.lot.expires_on,
    "days_remaining": lambda row: row.days_remaining,
    "warehouse": lambda row: row.warehouse.code,
    "bins": lambda row: row.bins,
    "units": lambda row: row.units,
    "value": lambda row: row.value,
    "age_days": lambda row: row.age_days,
    "units_sold": lambda row: row.sold,
    "share_sold_percent": lambda row: row.share_sold,
    "sold_in_28_days": lambda row: row.sold_lately,
    "days_of_cover": lambda row: row.days_of_cover,
    "left_at_expiry": lambda row: row.left,
    "suggested": lambda row: str(row.suggestion.action.label) if row.suggestion else "",
    "why": lambda row: row.suggestion.why if row.suggestion else "",
    "action_taken": lambda row: row.action.get_action_display() if row.action else "",
}
TEXTS = ("merchant", "sku", "product", "lot_number", "warehouse")


def urls(site: AdminSite) -> list[URLPattern]:
    """The pages of this screen, for the admin site to put before its own."""

    def page(view: Callable[..., HttpResponse], permission: str) -> Any:
        def shown(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            require(request, permission)
            return view(request, site, **kwargs)

        return site.admin_view(shown)

    act = page(record_action, "inventory.add_lotaction")
    return [
        path("inventory/expiry/", page(expiry, PERMISSION), name="inventory_expiry"),
        path("inventory/expiry/<int:lot_id>/action/", act, name="inventory_expiry_action"),
    ]


class ExpiryForm(forms.Form):
    """What to show; everything comes from the address, so that any view of it can be shared."""

    q = forms.CharField(
        label="Product", required=False, max_length=200, widget=forms.TextInput({"type": "search"})
    )
    merchant = forms.ModelChoiceField(
        Merchant.objects.none(), required=False, empty_label="All merchants", to_field_name="code"
    )
    warehouse = forms.ModelChoiceField(
        Warehouse.objects.none(), required=False, empty_label="All warehouses", to_field_name="code"
    )
    within = forms.TypedChoiceField(
        label="Expires",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "At any time"), *((str(days), f"Within {days} days") for days in WITHIN)],
    )
    life = forms.ChoiceField(
        label="Days to expiry", required=False, choices=[("", "All"), *LifeBucket.choices]
    )
    age = forms.ChoiceField(
        label="Days since receipt", required=False, choices=[("", "All"), *AgeBucket.choices]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["merchant"].queryset = Merchant.objects.order_by("code")
        self.fields["warehouse"].queryset = Warehouse.objects.order_by("code")

    def wanted(self) -> Wanted:
        data = self.cleaned_data
        return Wanted(
            search=data["q"],
            merchant_id=data["merchant"] and data["merchant"].pk,
            warehouse_id=data["warehouse"] and data["warehouse"].pk,
            life=data["life"],
            age=data["age"],
            within_days=data["within"],
        )


class LotPages(FirstRows):
    """Pages of lots; the rows of a page are told by ``tell``, which reads them all at once."""

    def __init__(self, ids: Any, tell: Callable[[list[int]], list[Row]]) -> None:
        super().__init__(ids, PAGE_SIZE)
        self.tell = tell

    @property
    def first_ids(self) -> Any:
        return self.object_list

    def rows(self, bottom: int, top: int) -> list[Row]:
        return self.tell(self.ids[: self.count][bottom:top])


@may_lag
def expiry(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """The page, or with `?export=` its rows as a file; with `?part=figures` its sums alone.

    Its queries do not grow with what it shows.
    """
    form = ExpiryForm(request.GET, label_suffix="")
    days, balances, wanted = todays(request.now), Balance.objects.none(), Wanted()
    if form.is_valid():
        wanted = form.wanted()
        balances = standing(Balance.objects.for_user(request.user), wanted, days, request.now)

    def tell(ids: list[int]) -> list[Row]:
        return rows_of(ids, wanted, todays=days, now=request.now)

    if request.GET.get("export") in ("xlsx", "csv"):
        return file_of(request, balances, tell)
    params = {name: request.GET[name] for name in form.fields if request.GET.get(name)}
    if request.GET.get("part") == "figures":
        context = figures(request, balances, days, params)
        return TemplateResponse(request, "inventory/expiry_figures.html", context)
    pages = LotPages(lot_ids(balances), tell)
    page = pages.get_page(request.GET.get("p"))
    context = {
        **site.each_context(request),
        "title": "Expiry",
        "form": form,
        "rows": page.object_list,
        "page": page,
        "pages": pages.get_elided_page_range(page.number),
        "has_units": bool(page.object_list) or balances.exists(),
        "is_filtered": bool(params),
    }
    if request.GET.get("figures") != "now" and is_a_big_house():
        context |= {**asked_for(request, params), "are_figures_late": True}
    else:
        context |= figures(request, balances, days, params)
    return TemplateResponse(request, "inventory/expiry.html", context)


def is_a_big_house() -> bool:
    """Adding up takes longer than one likes to wait for the lots. One query."""
    newest: int | None = Balance.objects.order_by("-pk").values_list("pk", flat=True).first()
    return (newest or 0) > BIG


def asked_for(request: HttpRequest, params: dict[str, str]) -> dict[str, Any]:
    by = asked if (asked := request.GET.get("by", "")) in CHARTS else "life"
    return {"by": by, "page_query": urlencode({**params, "by": by}), "currency": settings.CURRENCY}


def figures(
    request: HttpRequest, balances: Any, days: Todays, params: dict[str, str]
) -> dict[str, Any]:
    """The sums of the page, and their chart. Two queries, which read all balances wanted."""
    asked = asked_for(request, params)
    by = asked["by"]
    parts = parts_of(by, balances, days, request)
    return asked | {
        "charts": [(key, label, urlencode({**params, "by": key})) for key, label in CHARTS.items()],
        "by_name": CHARTS[by].lower(),
        "parts": [(part, link_of(by, part, params)) for part in parts],
        "total": sum(part.units for part in parts),
        "chart": drawn(by, parts),
        "at_risk": at_risk(balances, days),
    }


def parts_of(by: str, balances: Any, days: Todays, request: HttpRequest) -> list[Part]:
    if by == "month":
        return units_by_month(balances, days, request.now)
    return units_by_age(balances, request.now) if by == "age" else units_by_life(balances, days)


def link_of(by: str, part: Part, params: dict[str, str]) -> str:
    """The page of one bucket alone; a month has none."""
    return urlencode({**params, by: part.key, "by": by}) if by != "month" else ""


def drawn(by: str, parts: list[Part]) -> str:
    return bars(
        "units",
        title=f"Units by {CHARTS[by].lower()}",
        description="; ".join(f"{part.label}: {part.units:,}" for part in parts) + ".",
        rows=[Bar(part.label, part.units, TONES.get(part.key, "info")) for part in parts],
    )


def file_of(
    request: HttpRequest, balances: Any, tell: Callable[[list[int]], list[Row]]
) -> HttpResponse:
    """All rows of the page as a file; of more lots than a file may have, the page again."""
    ids = list(lot_ids(balances)[: MOST_EXPORTED + 1])
    if len(ids) > MOST_EXPORTED:
        messages.error(request, f"There are more than {MOST_EXPORTED:,} lots: filter them first.")
        return HttpResponseRedirect(request.path)

    def rows() -> Iterator[list[Any]]:
        for first in range(0, len(ids), CHUNK):
            for row in tell(ids[first : first + CHUNK]):
                yield [value(row) for value in SHEET.values()]

    kind = request.GET["export"]
    if kind == "csv":
        data = csv_file(list(SHEET), rows())
    else:
        data = workbook_file(
            "Expiry", list(SHEET), rows(), text_columns=TEXTS, day_columns=("expires_on",)
        )
    return attachment(data, kind, f"expiry-{request.now:%Y-%m-%d}.{kind}")


class ActionForm(forms.Form):
    action = forms.ChoiceField(choices=Action.choices)
    note = forms.CharField(
        required=False, max_length=500, help_text="For example the price, or where to."
    )


def record_action(request: HttpRequest, site: AdminSite, lot_id: int) -> HttpResponse:
    """Ask what is done about a lot, with what is suggested chosen; then back to the lot."""
    rows = Lot.objects.for_user(request.user).select_related("product__merchant", "merchant")
    lot = get_object_or_404(rows, pk=lot_id)
    suggestion = suggested(lot, request.now)
    verb = Verb(
        title=f"What is done about {lot} of {lot.product.sku}",
        submit="Record it",
        explanation=(
            f"Suggested: {suggestion.action.label}. {suggestion.why} " if suggestion else ""
        )
        + "This is a note for all who see the lot and moves nothing: units are moved to "
        "quarantine, or disposed of there, from where they stand on the lot's page.",
        perform=lambda form, request: perform_action(form, request, lot),
        links=[
            ("Expiry", reverse("admin:inventory_expiry")),
            (str(lot), reverse("admin:inventory_lot_change", args=[lot.pk])),
        ],
    )
    initial = {"action": suggestion.action} if suggestion else {}
    return run_verb(site, request, ActionForm(posted(request), initial=initial), verb)


def perform_action(form: ActionForm, request: Any, lot: Lot) -> str:
    data = form.cleaned_data
    taken = take_action(
        actor=request.user,
        now=request.now,
        lot_id=lot.pk,
        action=data["action"],
        note=data["note"],
    )
    return f"{taken.get_action_display()} is recorded for {lot}."
