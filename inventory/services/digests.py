"""The digest: what of a merchant's stock expired or soon will, told once for each day.

A digest is written down first, then sent, then marked as sent. Whoever sends it claims its row
before, so that of several workers one does. A claim runs out, later after each attempt: what was
not sent is tried again, and so is what a worker had in hand that died between the mail server's
answer and the mark. At least once rather than perhaps never; both copies have the same Message-ID,
so that mail programs show one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db.models import F, Q
from django.template.loader import render_to_string

from inventory.errors import DigestNotSent
from inventory.models import ExpiryDigest
from inventory.queries import digests
from inventory.queries.places import todays
from merchants.events import record
from merchants.models import Merchant
from merchants.transactions import act


def write_digests(*, now: datetime) -> list[ExpiryDigest]:
    """Write the digest of every merchant with units that expired or expire within 90 days.

    Of the day that has begun, and was run, in every warehouse; none while one is behind. Each in
    its own transaction; a merchant who has one of that day is passed over.
    """
    day = digests.day_begun_everywhere(now)
    if day is None:
        return []
    return [
        written
        for merchant in digests.merchants_to_tell(day, now)
        if (written := _write(merchant=merchant, day=day, now=now))
    ]


@act
def _write(*, merchant: Merchant, day: date, now: datetime) -> ExpiryDigest | None:
    """The new digest; None where another worker was faster."""
    content = digests.content(merchant, todays=todays(now), now=now)
    facts = {
        "first_day": digests.first_day_untold(merchant, day),
        "content": content,
        "recipient": merchant.digest_email if settings.SENDS_MAIL else "",
        "created_at": now,
    }
    digest, is_new = ExpiryDigest.objects.get_or_create(merchant=merchant, day=day, defaults=facts)
    if not is_new:
        return None
    units = {one["bucket"]: one["units"] for one in content["buckets"]}
    record(
        topic="expiry.digest",
        merchant_id=merchant.pk,
        object=day.isoformat(),
        payload={"units": units},
        at=now,
    )
    return digest


def deliver(*, clock: Callable[[], datetime]) -> int:
    """Send what waits to be sent, the newest digest of each merchant; how many were sent.

    ``clock`` is read for each, for sending may take long and a claim counts from when it was made.
    What one address is refused for keeps no other from its digest; a mail server that cannot be
    reached is not asked again for the others. Raises: DigestNotSent, at the end, when any was not
    sent; it is tried again after a rest, which gets longer.
    """
    sent, failed = 0, []
    away: Exception | None = None
    for digest in digests.to_send(clock()):
        if not _claim(digest, clock()):
            continue
        connection = get_connection()
        error = away = away or _failure_of(connection.open)
        if not away:
            error = _failure_of(message(digest, connection).send)
        if error:
            _give_up(digest, error)
            failed.append(digest)
        else:
            _mark(digest, clock())
            sent += 1
        with suppress(OSError):  # however they part, it was sent or not
            connection.close()
    if failed:
        names = ", ".join(str(one) for one in failed)
        raise DigestNotSent(f"Not sent: {names}. {failed[0].error}")
    return sent


def _failure_of(attempt: Callable[[], object]) -> Exception | None:
    """What went wrong with the mail server, whatever it is: the other digests are still to go."""
    try:
        attempt()
    except Exception as error:
        return error
    return None


def _claim(digest: ExpiryDigest, now: datetime) -> bool:
    """Whether it is ours to send. One statement, so that of several workers one gets it."""
    free = Q(claimed_at=None) | Q(claimed_at__lte=now - digests.rest(digest.attempts))
    rows = ExpiryDigest.objects.filter(free, pk=digest.pk, attempts=digest.attempts, sent_at=None)
    return bool(rows.update(claimed_at=now, attempts=F("attempts") + 1, error=""))


def _mark(digest: ExpiryDigest, now: datetime) -> None:
    ExpiryDigest.objects.filter(pk=digest.pk).update(sent_at=now)


def _give_up(digest: ExpiryDigest, error: Exception) -> None:
    digest.error = f"{type(error).__name__}: {error}"[:500]
    ExpiryDigest.objects.filter(pk=digest.pk).update(error=digest.error)


def message(digest: ExpiryDigest, connection: Any = None) -> EmailMultiAlternatives:
    """The e-mail of a digest: the same at each attempt, also in its Message-ID."""
    code = digest.merchant.code
    context: dict[str, Any] = {
        "digest": digest,
        "merchant": digest.merchant,
        "currency": settings.CURRENCY,
        **digest.content,
    }
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ")
    mail = EmailMultiAlternatives(
        subject=f"{code}: {headline(digest)} ({digest.day})",
        body=render_to_string("inventory/digest.txt", context),
        to=[digest.recipient],
        headers={"Message-ID": f"<expiry.{code}.{digest.day}@{domain}>"},
        connection=connection,
    )
    mail.attach_alternative(render_to_string("inventory/digest.html", context), "text/html")
    return mail


def headline(digest: ExpiryDigest) -> str:
    units = {one["bucket"]: one["units"] for one in digest.content["buckets"]}
    gone = units.pop("expired")
    return f"{gone:,} units expired, {sum(units.values()):,} expire within 90 days"
