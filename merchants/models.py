"""Merchants, the people and keys that act for them or for the house, and what happened."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as AuthUserManager
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Lower

from merchants.history import history
from merchants.querysets import MerchantQuerySet, ScopedQuerySet

CODE_SHAPE = RegexValidator(
    r"^[A-Za-z0-9][A-Za-z0-9_-]*\Z",
    "Use letters, digits, - and _ only, and begin with a letter or digit.",
)


MOST_DAYS = 36_500  # of shelf life: a hundred years, and dates stay within their range


class Rotation(models.TextChoices):
    """The order in which lots leave the warehouse."""

    FEFO = "fefo", "FEFO: first expired, first out"
    FIFO = "fifo", "FIFO: first received, first out"
    LEFO = "lefo", "LEFO: longest life first"


def _channel_minimum(channel: str) -> models.PositiveIntegerField[int, int]:
    return models.PositiveIntegerField(
        f"minimum shelf life, {channel} (days)",
        default=0,
        validators=[MaxValueValidator(MOST_DAYS)],
    )


class Merchant(models.Model):
    """A company whose stock the house keeps, with the defaults of its account.

    The root of every tenant scope. Written by `merchants.services`; the lot-tracking settings by
    `inventory.services`, since they decide what may ship.
    """

    code = models.CharField(
        max_length=32,
        validators=[CODE_SHAPE],
        help_text="Short and unique, whatever the case: GLOW and glow are one merchant.",
    )
    name = models.CharField(max_length=200)
    is_active = models.BooleanField("active", default=True)
    lot_tracking_active = models.BooleanField(default=True)
    rotation = models.CharField(max_length=8, choices=Rotation, default=Rotation.FEFO)
    picking_disabled_days = models.PositiveIntegerField(
        default=0,
        validators=[MaxValueValidator(MOST_DAYS)],
        help_text="Lots with fewer days remaining than this are not picked, for any product.",
    )
    dtc_min_shelf_life_days = _channel_minimum("DTC")
    b2b_min_shelf_life_days = _channel_minimum("B2B")
    fba_min_shelf_life_days = _channel_minimum("FBA")
    verify_lot = models.BooleanField(
        default=False, help_text="The lot scanned at packing must be the lot that was allocated."
    )
    digest_email = models.EmailField(
        "e-mail of the expiry digest",
        blank=True,
        help_text="Where the daily digest goes; empty: it is only kept on its page.",
    )
    created_at = models.DateTimeField(editable=False)

    objects = MerchantQuerySet.as_manager()
    history = history()

    class Meta:
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("code"),
                name="merchant_code_is_unique_in_any_case",
                violation_error_message="There is already a merchant with this code.",
            ),
            models.CheckConstraint(
                condition=models.Q(rotation__in=Rotation.values),
                name="merchant_rotation_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(picking_disabled_days__range=(0, MOST_DAYS)),
                name="merchant_picking_disabled_days_are_plausible",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    dtc_min_shelf_life_days__lte=MOST_DAYS,
                    b2b_min_shelf_life_days__lte=MOST_DAYS,
                    fba_min_shelf_life_days__lte=MOST_DAYS,
                ),
                name="channel_minimums_are_plausible",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def channel_min_shelf_life_days(self, channel: str) -> int:
        """What the account asks of lots that go through a channel; 0 for none."""
        return {
            "dtc": self.dtc_min_shelf_life_days,
            "b2b": self.b2b_min_shelf_life_days,
            "fba": self.fba_min_shelf_life_days,
        }.get(channel, 0)


class UserQuerySet(ScopedQuerySet):
    """Users; those of a merchant are its own."""


class UserManager(AuthUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Django's user manager with the tenant scope."""


class User(AbstractUser):
    """Everybody who acts: staff of the house, members of a merchant, and API keys.

    A user with a merchant acts for that merchant; one without is the house. Deactivated, never
    deleted: postings, events and history name their actor for good.
    """

    merchant = models.ForeignKey(
        Merchant,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="users",
        help_text="Empty for the house. A user of a merchant cannot open the admin.",
    )

    objects: ClassVar[UserManager] = UserManager()
    history = history(excluded_fields=("password", "last_login"))

    class Meta(AbstractUser.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(merchant=None) | models.Q(is_staff=False, is_superuser=False),
                name="user_of_a_merchant_is_not_staff",
                violation_error_message="A user of a merchant cannot be staff.",
            )
        ]

    @property
    def is_house(self) -> bool:
        """Acts for the warehouse itself and sees every merchant."""
        return self.merchant_id is None


class ApiKey(models.Model):
    """A key to the REST API; it acts as a user of its own, so that actors are one type.

    Only the SHA-256 of the key is kept. Written by `create_api_key` and `revoke_api_key`;
    `last_used_at` by the authentication, at most once a minute.
    """

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="api_key")
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, null=True, blank=True, related_name="api_keys"
    )
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=8, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(editable=False)
    created_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        help_text="Nobody where it was made on the command line.",
    )
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} (lw_{self.prefix}…)"

    @property
    def is_revoked(self) -> bool:
        return self.revoked_at is not None


class RequestCount(models.Model):
    """Requests that a key made in the latest window of time; see `merchants.api.throttling`.

    On PostgreSQL only, in a table that is not logged: nothing waits for a disk, and after a crash
    of the server all begin at 0 again.
    """

    user = models.OneToOneField(
        User, on_delete=models.CASCADE, primary_key=True, db_constraint=False
    )
    window = models.BigIntegerField()
    counted = models.PositiveIntegerField()

    objects = models.Manager()

    def __str__(self) -> str:
        return f"{self.counted} requests"


class Event(models.Model):
    """What happened to an object that a reader outside would care about, in order of id.

    Written by `merchants.events` in the transaction of the act; append-only by convention.
    """

    topic = models.CharField(max_length=64)
    merchant = models.ForeignKey(
        Merchant,
        on_delete=models.PROTECT,
        null=True,
        related_name="events",
        db_index=False,
        help_text="Empty for the objects of the house.",
    )
    object = models.CharField(max_length=100, help_text="The number of the document, or its id.")
    payload = models.JSONField(default=dict)
    occurred_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["merchant", "id"], name="event_merchant_id"),
            models.Index(fields=["topic", "id"], name="event_topic_id"),
            models.Index(fields=["object"], name="event_object"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.object}"


class IdempotencyKey(models.Model):
    """The answer given to a POST that carried an Idempotency-Key, to be given again.

    The row is inserted first, in the transaction of the effect, so that a second request with
    the key waits for the first. Written by `merchants.api.idempotency`.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, null=True, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=255)
    method = models.CharField(max_length=8)
    path = models.TextField()
    digest = models.CharField(
        max_length=64, help_text="SHA-256 of the method, the path with its query and the raw body."
    )
    status = models.PositiveSmallIntegerField(null=True)
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField(db_index=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["merchant", "key"],
                condition=models.Q(merchant__isnull=False),
                name="idempotency_key_once_per_merchant",
            ),
            models.UniqueConstraint(
                fields=["user", "key"],
                condition=models.Q(merchant__isnull=True),
                name="idempotency_key_once_per_staff_key",
            ),
        ]

    def __str__(self) -> str:
        return self.key
