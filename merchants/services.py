"""Merchants, their members and API keys: the verbs."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db import IntegrityError, transaction

from merchants.errors import Refusal
from merchants.events import record
from merchants.history import stamp
from merchants.keys import new_key
from merchants.models import ApiKey, Merchant, User
from merchants.transactions import act


class CodeTaken(Refusal):
    code = "code_taken"


class UsernameTaken(Refusal):
    code = "username_taken"


class AlreadyRevoked(Refusal):
    code = "already_revoked"


class MadeKey(NamedTuple):
    """A new key and its text, which nothing keeps: this is the only time that it can be read."""

    key: ApiKey
    text: str


@act
def create_merchant(*, code: str, name: str, actor: User | None, now: datetime) -> Merchant:
    """Take on a merchant, with the defaults of API.md's settings/lot-tracking/.

    Records `merchant.created`. Raises: CodeTaken where a merchant has this code in any case.
    """
    if Merchant.objects.by_code(code).exists():
        raise code_taken(code)
    merchant = Merchant(code=code, name=name, created_at=now)
    stamp(merchant, actor=actor, now=now)
    try:
        with transaction.atomic():
            merchant.save(force_insert=True)
    except IntegrityError as error:  # another request took it since
        raise code_taken(code) from error
    record(
        topic="merchant.created",
        merchant_id=merchant.pk,
        object=merchant.code,
        payload={"code": merchant.code, "name": merchant.name},
        at=now,
    )
    return merchant


def code_taken(code: str) -> CodeTaken:
    return CodeTaken(message=f"There is already a merchant {code}.", taken=code)


@act
def create_member(
    *, merchant: Merchant, username: str, email: str = "", actor: User | None, now: datetime
) -> User:
    """Let a person act for a merchant; without a password until one is set.

    Records `member.created`. Raises: UsernameTaken.
    """
    if User.objects.filter(username=username).exists():
        raise UsernameTaken(message=f"There is already a user {username}.", username=username)
    member = new_user(username=username, merchant=merchant, actor=actor, now=now, email=email)
    record(
        topic="member.created",
        merchant_id=merchant.pk,
        object=username,
        payload={"username": username, "email": email},
        at=now,
    )
    return member


def new_user(
    *, username: str, merchant: Merchant | None, actor: User | None, now: datetime, email: str = ""
) -> User:
    user = User(username=username, email=email, merchant=merchant, date_joined=now)
    user.set_unusable_password()
    stamp(user, actor=actor, now=now)
    user.save(force_insert=True)
    return user


@act
def create_api_key(
    *, merchant: Merchant | None, name: str, actor: User | None, now: datetime
) -> MadeKey:
    """Make a key to the API for a merchant, or for staff where it is None.

    The key acts as a user of its own, without a password. Records `api_key.created`.
    """
    text, prefix, digest = new_key()
    user = new_user(username=f"key-{prefix}", merchant=merchant, actor=actor, now=now)
    key = ApiKey.objects.create(
        user=user,
        merchant=merchant,
        name=name,
        prefix=prefix,
        digest=digest,
        created_at=now,
        created_by=actor,
    )
    record_key("api_key.created", key, now)
    return MadeKey(key, text)


@act
def revoke_api_key(*, key: ApiKey, actor: User, now: datetime) -> ApiKey:
    """End a key at once and for good; its user stays as the actor of what it did.

    Locks the key. Records `api_key.revoked`. Raises: AlreadyRevoked.
    """
    key = ApiKey.objects.select_for_update(of=("self",)).select_related("user").get(pk=key.pk)
    if key.is_revoked:
        raise AlreadyRevoked(message=f"{key} was revoked at {key.revoked_at:%Y-%m-%d %H:%M}.")
    key.revoked_at = now
    key.save(update_fields=["revoked_at"])
    key.user.is_active = False
    stamp(key.user, actor=actor, now=now)
    key.user.save(update_fields=["is_active"])
    record_key("api_key.revoked", key, now)
    return key


def record_key(topic: str, key: ApiKey, now: datetime) -> None:
    payload = {"name": key.name, "prefix": key.prefix}
    record(topic=topic, merchant_id=key.merchant_id, object=str(key.pk), payload=payload, at=now)
