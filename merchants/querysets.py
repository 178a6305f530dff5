"""Who may see which rows: the two scopes that every table of lotwms has one of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models

if TYPE_CHECKING:
    from merchants.models import User


NEWEST = 20_000  # rows of a table in which a list's search looks at every letter


def newest(model: type[models.Model]) -> models.Q:
    """The newest rows of a table. One query."""
    rows = model._default_manager.order_by("-pk").values_list("pk", flat=True)
    return models.Q(pk__gt=(rows.first() or 0) - NEWEST)


class ScopedQuerySet(models.QuerySet[Any]):
    """Rows that belong to one merchant each; the path to it is `scope`.

    Base of the querysets of every merchant's table. A user of a merchant sees its rows, the house
    sees all, anybody else sees none.
    """

    scope = "merchant"

    def for_merchant(self, merchant: Any) -> Self:
        return self.filter(**{self.scope: merchant})

    def for_user(self, user: User | AnonymousUser) -> Self:
        if isinstance(user, AnonymousUser) or not user.is_active:
            return self.none()
        if user.is_house:
            return self.all()
        return self.filter(**{self.scope: user.merchant_id})


class SharedQuerySet(models.QuerySet[Any]):
    """Rows of the house that every signed-in user may see, such as locations."""

    def for_user(self, user: User | AnonymousUser) -> Self:
        if isinstance(user, AnonymousUser) or not user.is_active:
            return self.none()
        return self.all()


class MerchantQuerySet(ScopedQuerySet):
    scope = "pk"

    def by_code(self, code: str) -> Self:
        """The merchant of this code, whatever the case it is written in."""
        return self.filter(code__iexact=code)
