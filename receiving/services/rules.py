"""Check-in rules: what a merchant asks of units that arrive."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from inventory.models import Product
from inventory.services.checks import check_fields, while_free
from merchants.errors import Malformed, NotFound
from merchants.events import record
from merchants.models import Merchant, User
from merchants.transactions import act
from receiving.errors import RuleExists
from receiving.models import CheckInRule


class RuleFields(TypedDict, total=False):
    """What may be set on a rule; a field that is absent stays as it is."""

    product: Product | None
    channel: str
    min_days: int | None
    min_percent: int | None


@act
def save_rule(
    *,
    actor: User,
    now: datetime,
    merchant: Merchant,
    fields: RuleFields,
    rule_id: int | None = None,
) -> CheckInRule:
    """Make a check-in rule, or change one; it holds from the next receipt on.

    Raises: NotFound, RuleExists, Malformed (asks for nothing; another merchant's product).
    """
    rule = CheckInRule(merchant=merchant)
    if rule_id is not None:
        rule = _load(actor, rule_id)
    for name, value in fields.items():
        setattr(rule, name, value)
    check_fields(rule)
    if rule.product is not None and rule.product.merchant_id != rule.merchant_id:
        message = f"There is no product {rule.product.sku}."
        raise Malformed("unknown_sku", message, field="sku")
    if rule.min_days is None and rule.min_percent is None:
        message = "Ask for days, for a share of the shelf life, or for both."
        raise Malformed("required", message, field="min_days")
    with while_free(lambda: _refuse_second(rule)):
        rule.save()
    _tell("saved", rule, now)
    return rule


@act
def delete_rule(*, actor: User, now: datetime, rule_id: int) -> None:
    """Ask for it no more. Raises: NotFound."""
    rule = _load(actor, rule_id)
    _tell("deleted", rule, now)
    rule.delete()


def _load(actor: User, rule_id: int) -> CheckInRule:
    rule: CheckInRule | None = CheckInRule.objects.for_user(actor).filter(pk=rule_id).first()
    if rule is None:
        raise NotFound()
    return rule


def _refuse_second(rule: CheckInRule) -> None:
    same = CheckInRule.objects.filter(
        merchant_id=rule.merchant_id, product=rule.product, channel=rule.channel
    )
    if same.exclude(pk=rule.pk).exists():
        raise RuleExists(message=f"There is a check-in rule for {rule} already.")


def _tell(verb: str, rule: CheckInRule, now: datetime) -> None:
    record(
        topic=f"check_in_rule.{verb}",
        merchant_id=rule.merchant_id,
        object=str(rule.pk),
        at=now,
        payload={
            "sku": rule.product.sku if rule.product else None,
            "channel": rule.channel,
            "min_days": rule.min_days,
            "min_percent": rule.min_percent,
        },
    )
