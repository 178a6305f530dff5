# mypy: disable-error-code="type-arg, misc"
"""Check-in rules, and what has to be known of the receipt of FTL foods."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern

from merchants.lists import ListAdmin
from merchants.screens import ServiceAdmin, ServiceForm, Verb, posted, run_verb
from receiving.discrepancy_forms import FactsForm
from receiving.models import WRO, CheckInRule
from receiving.screens.base import WORK, WROScreens, links, not_now
from receiving.services import delete_rule, save_rule, traced_lots, write_receipt_facts


class RuleForm(ServiceForm):
    """What units must have left on arrival."""

    refusal_fields = {"rule_exists": "channel"}

    class Meta:
        model = CheckInRule
        fields = ("merchant", "product", "channel", "min_days", "min_percent")
        help_texts = {
            "product": "Empty: every product of the merchant without a rule of its own.",
            "min_percent": "Of the days from manufacture to expiry.",
        }

    def perform(self, *, actor: Any, now: Any) -> Any:
        data = dict(self.cleaned_data)
        merchant = data.pop("merchant", None) or self.instance.merchant
        return save_rule(
            merchant=merchant, fields=data, rule_id=self.instance.pk, actor=actor, now=now
        )  # type: ignore[arg-type]


@admin.register(CheckInRule)
class CheckInRuleAdmin(ServiceAdmin):
    """What arrives with less is received and opens a discrepancy."""

    form = RuleForm
    fields = ["merchant", "product", "channel", "min_days", "min_percent"]
    list_display = ["rule", "merchant", "channel_or_any", "min_days", "min_percent"]
    list_filter = ["merchant", "channel"]
    list_select_related = ["merchant", "product"]
    autocomplete_fields = ["product"]
    ordering = ["merchant__code", "id"]
    actions = None

    @admin.display(description="For")
    def rule(self, rule: CheckInRule) -> str:
        return rule.product.sku if rule.product else "Every product"

    @admin.display(description="Channel", ordering="channel")
    def channel_or_any(self, rule: CheckInRule) -> str:
        return rule.get_channel_display() or "Any"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["merchant"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return ListAdmin.has_delete_permission(self, request, obj)

    def delete_model(self, request: Any, obj: Any) -> None:
        delete_rule(rule_id=obj.pk, actor=request.user, now=request.now)


class TraceabilityScreens(WROScreens):
    """The key data elements of the FTL foods of a WRO."""

    def urls(self) -> list[URLPattern]:
        return [self._url("traceability", self.traceability, WORK)]

    def traceability(self, request: Any, wro: WRO) -> HttpResponse:
        """One form for all of its FTL foods; a lot of another origin is told by API."""
        lots = traced_lots(wro)
        if not any(one.lot for one in lots) or wro.status == WRO.Status.CANCELLED:
            return not_now(request, wro, "given receipt facts")
        known = next((one.facts for one in lots if one.facts), None)
        choices = [(one.lot.pk, f"{one.product.sku}, lot {one.lot}") for one in lots if one.lot]
        form = FactsForm(posted(request), instance=known)
        form.fields["lots"] = forms.TypedMultipleChoiceField(
            choices=choices,
            coerce=int,
            initial=[pk for pk, _ in choices],
            widget=forms.CheckboxSelectMultiple,
            label="For these lots",
        )
        verb = Verb(
            title=f"Traceability of {wro.number}",
            submit="Save",
            perform=lambda form, request: facts_written(form, request, wro),
            links=links(wro),
            explanation="21 CFR 1.1345 asks this of foods of the Food Traceability List. The WRO "
            "is completed once nothing is missing.",
            template="receiving/traceability.html",
            context={"lots": lots, "opts": WRO._meta},
        )
        return run_verb(self.site, request, form, verb)


def facts_written(form: Any, request: Any, wro: WRO) -> str:
    data = dict(form.cleaned_data)
    lot_ids = data.pop("lots")
    write_receipt_facts(
        wro_id=wro.pk, fields=data, lot_ids=lot_ids, actor=request.user, now=request.now
    )  # type: ignore[arg-type]
    missing = sorted({name for one in traced_lots(wro) for name in one.missing})
    return "Saved. " + (f"Missing: {', '.join(missing)}." if missing else "Nothing is missing.")
