"""Merchants, their members and API keys: the verbs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from merchants.errors import Refusal
from merchants.events import record
from merchants.history import stamp
from merchants.keys import new_key
from merchants.models import ApiKey, IdempotencyKey, Merchant, User
from merchants.transactions import act


class CodeTaken(Refusal):
    code = "code_taken"


class UsernameTaken(Refusal):
    code = "username_taken"


class OwnAccount(Refusal):
    code = "own_account"


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
def update_merchant(
    *, merchant: Merchant, name: str, is_active: bool, actor: User, now: datetime
) -> Merchant:
    """Rename a merchant or end its business: the keys of an inactive one open nothing.

    Its stock stays where it is, and staff go on working with it. Locks the merchant. Records
    `merchant.updated`.
    """
    merchant = Merchant.objects.select_for_update().get(pk=merchant.pk)
    merchant.name = name
    merchant.is_active = is_active
    stamp(merchant, actor=actor, now=now)
    merchant.save(update_fields=["name", "is_active"])
    payload = {"code": merchant.code, "name": name, "is_active": is_active}
    record(
        topic="merchant.updated",
        merchant_id=merchant.pk,
        object=merchant.code,
        payload=payload,
        at=now,
    )
    return merchant


@dataclass(frozen=True, slots=True)
class Person:
    """Who a user is, as people know them."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""


@act
def create_member(
    *,
    merchant: Merchant,
    username: str,
    actor: User | None,
    now: datetime,
    person: Person | None = None,
    password: str | None = None,
) -> User:
    """Let a person act for a merchant; without a password until one is set.

    Records `member.created`. Raises: UsernameTaken.
    """
    member = new_user(
        User(username=username, merchant=merchant), person or Person(), password, actor, now
    )
    record(
        topic="member.created",
        merchant_id=merchant.pk,
        object=username,
        payload={"username": username, "email": member.email},
        at=now,
    )
    return member


@act
def create_staff(
    *,
    username: str,
    groups: Iterable[Group],
    actor: User | None,
    now: datetime,
    person: Person | None = None,
    password: str | None = None,
) -> User:
    """Let a person work in the admin with what these groups may do. Raises: UsernameTaken."""
    user = new_user(
        User(username=username, is_staff=True), person or Person(), password, actor, now
    )
    user.groups.set(groups)
    return user


@act
def update_user(
    *,
    user: User,
    person: Person,
    is_active: bool,
    groups: Iterable[Group],
    actor: User,
    now: datetime,
) -> User:
    """Correct who a person is, and what they may do; users are deactivated, never deleted.

    Locks the user. Raises: OwnAccount, where people would lock themselves out.
    """
    user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if user == actor and not is_active:
        raise OwnAccount(message="You cannot deactivate yourself; ask a colleague.")
    introduce(user, person)
    user.is_active = is_active
    stamp(user, actor=actor, now=now)
    user.save(update_fields=["first_name", "last_name", "email", "is_active"])
    user.groups.set(groups)
    return user


def new_user(
    user: User, person: Person, password: str | None, actor: User | None, now: datetime
) -> User:
    if User.objects.filter(username=user.username).exists():
        raise UsernameTaken(message=f"There is already a user {user.username}.")
    introduce(user, person)
    user.date_joined = now
    user.set_password(password)  # None makes a password that nothing matches
    stamp(user, actor=actor, now=now)
    user.save(force_insert=True)
    return user


def introduce(user: User, person: Person) -> None:
    user.first_name = person.first_name
    user.last_name = person.last_name
    user.email = person.email


@act
def create_api_key(
    *, merchant: Merchant | None, name: str, actor: User | None, now: datetime
) -> MadeKey:
    """Make a key to the API for a merchant, or for staff where it is None.

    The key acts as a user of its own, without a password and without the admin. Records
    `api_key.created`.
    """
    text, prefix, digest = new_key()
    user = User(username=f"key-{prefix}", merchant=merchant)
    new_user(user, Person(first_name=name[:150]), None, actor, now)
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


KEPT_FOR = timedelta(days=90)


@act
def forget_idempotency_keys(*, now: datetime) -> int:
    """Forget the answers given more than ninety days ago; returns how many.

    No client repeats a request for so long. Its key is free again afterwards.
    """
    return IdempotencyKey.objects.filter(created_at__lt=now - KEPT_FOR).delete()[0]
