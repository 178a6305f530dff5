"""Stock as it stands in its places, and the verbs that correct it: move, adjust, assign a lot."""

from typing import Any

from django.contrib import admin
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse

from inventory.forms import AdjustForm, AssignForm, MoveForm
from inventory.kinds import CREATABLE, VIRTUAL
from inventory.models import Balance, LocationKind, Movement, PostingKind
from inventory.queries import search
from inventory.queries.bin_page import bin_elsewhere
from inventory.queries.stock_list import of_kind, standing_at
from inventory.querysets import BalanceQuerySet, MovementQuerySet
from inventory.services.stock import Units, adjust, assign_lot, move
from merchants.ids import as_id
from merchants.screens import ReadOnlyAdmin, Verb, number, posted, require, run_verb


class PlaceFilter(admin.SimpleListFilter):
    title = "kind of location"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind, LocationKind(kind).label) for kind in CREATABLE]

    def queryset(self, request: HttpRequest, queryset: BalanceQuerySet) -> BalanceQuerySet:
        return queryset if not self.value() else standing_at(queryset, self.value())


@admin.register(Balance)
class BalanceAdmin(ReadOnlyAdmin):
    change_form_template = "inventory/balance.html"
    list_display = ["product", "lot", "expiry", "location", "warehouse", "units", "promised"]
    list_filter = ["warehouse", PlaceFilter, ("lot", admin.EmptyFieldListFilter),
                   "product__merchant"]  # fmt: skip
    list_select_related = ["product", "lot", "location", "warehouse"]
    list_per_page = 50
    search_fields = ["product__sku", "product__name", "lot__number", "location__name"]
    search_help_text = "SKU, product name, or how lot number or location begin"
    ways = staticmethod(search.balances)
    quick_columns = ("product",)
    ordering = ["product__sku", F("expires_on").asc(nulls_last=True), "id"]
    fields = ["merchant", "product", "lot", "expires_on", "location", "warehouse", "units",
              "promised"]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> BalanceQuerySet:
        rows = super().get_queryset(request)
        return rows.exclude(location_kind__in=VIRTUAL).exclude(on_hand=0)

    @admin.display(description="Expiry", ordering="expires_on")
    def expiry(self, balance: Balance) -> str:
        return "–" if balance.expires_on is None else str(balance.expires_on)

    @admin.display(description="Units", ordering="on_hand")
    def units(self, balance: Balance) -> str:
        return number(balance.on_hand)

    @admin.display(description="Committed", ordering="committed")
    def promised(self, balance: Balance) -> str:
        return number(balance.committed)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        context |= {
            "may_move": request.user.has_perm("inventory.change_balance"),
            "may_adjust": request.user.has_perm("inventory.add_posting"),
        }
        return super().render_change_form(request, context, obj=obj, **kwargs)

    def get_urls(self) -> list[Any]:
        guard = self.admin_site.admin_view
        return [
            path("<int:balance_id>/move/", guard(self.move), name="inventory_balance_move"),
            path("adjust/", guard(self.adjust), name="inventory_balance_adjust"),
            path("assign-lot/", guard(self.assign), name="inventory_balance_assign"),
            *super().get_urls(),
        ]

    def move(self, request: HttpRequest, balance_id: int) -> HttpResponse:
        require(request, "inventory.change_balance")
        rows = self.get_queryset(request).select_related(*self.list_select_related)
        balance = get_object_or_404(rows, pk=balance_id)
        verb = Verb(
            title=f"Move {balance.product.sku} from {balance.location.name}",
            submit="Move the units",
            explanation="All units, or a part of them to split a lot over two bins. Units that are "
            "promised to orders stay where they are, except on the way to quarantine or a damaged "
            "area: their orders then get other units.",
            perform=lambda form, request: perform_move(form, request, balance),
            links=[back_to(request)],
            template="inventory/move.html",
            context={
                "balance": balance,
                "unpromised": balance.on_hand - balance.committed,
                "suggestion": bin_elsewhere(balance, balance.on_hand - balance.committed),
            },
        )
        return run_verb(self.admin_site, request, MoveForm(posted(request), balance=balance), verb)

    def adjust(self, request: HttpRequest) -> HttpResponse:
        require(request, "inventory.add_posting")
        verb = Verb(
            title="Adjust stock",
            submit="Adjust the stock",
            explanation="For units that were found or are missing. Below what is promised, the "
            "newest promises are taken back and their orders get other units or are backordered.",
            perform=perform_adjust,
            links=[back_to(request)],
        )
        form = AdjustForm(posted(request), initial=request.GET.dict())
        return run_verb(self.admin_site, request, form, verb)

    def assign(self, request: HttpRequest) -> HttpResponse:
        require(request, "inventory.change_balance")
        verb = Verb(
            title="Assign a lot to a location",
            submit="Assign the lot",
            explanation="Stamps the units of the product that stand there without a lot. Where "
            "none stand, the location is opened for the lot. Promises on them are made anew.",
            perform=perform_assign,
            links=[back_to(request)],
        )
        form = AssignForm(posted(request), initial=request.GET.dict())
        return run_verb(self.admin_site, request, form, verb)


def back_to(request: HttpRequest) -> tuple[str, str]:
    """Where the verb was chosen: the page of the lot or location named in the address."""
    for model in ("lot", "location"):
        pk = request.GET.get(f"from_{model}", "")
        if pk.isdecimal() and pk.isascii():
            return model.capitalize(), reverse(f"admin:inventory_{model}_change", args=[int(pk)])
    return "Stock", reverse("admin:inventory_balance_changelist")


def perform_move(form: MoveForm, request: Any, balance: Balance) -> str:
    data = form.cleaned_data
    move(
        actor=request.user,
        now=request.now,
        units=Units(balance.product_id, balance.lot_id, data["quantity"]),
        source_id=balance.location_id,
        target_id=data["target"].pk,
        reason=data["reason"],
    )
    return f"Moved {data['quantity']} × {balance.product.sku} to {data['target'].name}."


def perform_adjust(form: AdjustForm, request: Any) -> str:
    data = form.cleaned_data
    lot = data["lot"]
    adjust(
        actor=request.user,
        now=request.now,
        units=Units(data["product"].pk, lot.pk if lot else None, data["quantity"]),
        location_id=data["location"].pk,
        reason=data["reason"],
    )
    return f"Adjusted {data['product'].sku} at {data['location'].name} by {data['quantity']:+}."


def perform_assign(form: AssignForm, request: Any) -> str:
    lot, location = form.cleaned_data["lot"], form.cleaned_data["location"]
    posting = assign_lot(
        actor=request.user,
        now=request.now,
        lot_id=lot.pk,
        location_id=location.pk,
        quantity=form.cleaned_data["quantity"],
    )
    if posting is None:
        return f"{location.name} is open for lot {lot}; no units without a lot stood there."
    return f"Units at {location.name} now carry lot {lot}."


class PostingFilter(admin.SimpleListFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return PostingKind.choices

    def queryset(self, request: HttpRequest, queryset: MovementQuerySet) -> MovementQuerySet:
        if not self.value():
            return queryset
        merchant = request.GET.get("posting__merchant__id__exact", "")
        return of_kind(queryset, self.value(), merchant_id=as_id(merchant))


@admin.register(Movement)
class MovementAdmin(ReadOnlyAdmin):
    """Every movement of the house, newest first: the audit."""

    list_display = ["when", "what", "product", "lot", "source_place", "target_place", "units",
                    "reference", "who", "reason"]  # fmt: skip
    list_display_links = None
    list_filter = [PostingFilter, "posting__merchant"]
    list_select_related = ["posting__actor", "product", "source__lot", "source__location",
                           "target__lot", "target__location"]  # fmt: skip
    list_per_page = 50
    search_fields = ["product__sku", "source__lot__number", "target__lot__number",
                     "posting__reference"]  # fmt: skip
    search_help_text = "Document number, SKU, product name, or how the lot number begins"
    ways = staticmethod(search.movements)
    ordering = ["-posting_id", "-id"]  # the newest first; an index on its posting sorts them

    @admin.display(description="When")
    def when(self, movement: Movement) -> Any:
        return movement.posting.occurred_at

    @admin.display(description="What")
    def what(self, movement: Movement) -> str:
        return movement.posting.get_kind_display()

    @admin.display(description="Lot")
    def lot(self, movement: Movement) -> str:
        """Before and after, where the units were stamped with another one."""
        before, after = movement.source.lot, movement.target.lot
        if before == after:
            return str(after or "–")
        return f"{before or 'without a lot'} → {after or 'without a lot'}"

    @admin.display(description="From")
    def source_place(self, movement: Movement) -> str:
        return movement.source.location.name

    @admin.display(description="To")
    def target_place(self, movement: Movement) -> str:
        return movement.target.location.name

    @admin.display(description="Units")
    def units(self, movement: Movement) -> str:
        return number(movement.quantity)

    @admin.display(description="Document")
    def reference(self, movement: Movement) -> str:
        return movement.posting.reference or "–"

    @admin.display(description="Who")
    def who(self, movement: Movement) -> str:
        return str(movement.posting.actor)

    @admin.display(description="Reason")
    def reason(self, movement: Movement) -> str:
        return movement.posting.reason
