"""`Authorization: Bearer KEY`. Django REST framework loads this module while its views load,
so that it must not import them."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import NoReturn

from django.db.models import Q
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from merchants.compiled import Compiled, only
from merchants.keys import matches, prefix_of
from merchants.models import ApiKey, User

PREFIX = "the prefix"
USED_EVERY = timedelta(minutes=1)


class KeyAuthentication(BaseAuthentication):
    """The user of the key; a wrong, revoked or inactive one is told nothing but 401."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        scheme, _, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if not scheme:
            return None
        prefix = prefix_of(text.strip())
        if scheme.lower() != "bearer" or prefix is None:
            refuse()
        key = only(keys().models({PREFIX: prefix}))
        if key is None or not matches(text.strip(), key.digest) or not may_act(key):
            refuse()
        note_use(key, request.now)
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


@cache
def keys() -> Compiled:
    """Asked by every request: the key of a prefix, with its user and merchant."""
    return Compiled(ApiKey.objects.select_related("user__merchant").filter(prefix=PREFIX))


def refuse() -> NoReturn:
    raise AuthenticationFailed("This API key is not valid.")


def may_act(key: ApiKey) -> bool:
    merchant = key.user.merchant
    return not key.is_revoked and key.user.is_active and (merchant is None or merchant.is_active)


def note_use(key: ApiKey, now: datetime) -> None:
    """Remember the last use, at most once a minute: a read should not have to write."""
    if key.last_used_at is None or now - key.last_used_at >= USED_EVERY:
        unused = Q(last_used_at=None) | Q(last_used_at__lte=now - USED_EVERY)
        ApiKey.objects.filter(unused, pk=key.pk).update(last_used_at=now)
