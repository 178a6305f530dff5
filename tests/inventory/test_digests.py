"""The digest: each merchant is told once a day what of his stock expires."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.message import EmailMessage
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from inventory import tasks
from inventory.errors import DigestNotSent
from inventory.models import ExpiryDigest, Product
from inventory.services import digests
from inventory.services.digests import deliver, write_digests
from inventory.services.expiry_run import run_due
from inventory.services.settings import update_lot_tracking
from merchants.models import Event, Merchant
from merchants.services import update_merchant
from tests.builders import (
    World,
    acting,
    make_bin,
    make_lot,
    make_merchant,
    make_product,
    make_warehouse,
    put,
)
from tests.clock import Clock, read
from tests.shipped import ship_units

pytestmark = pytest.mark.usefixtures("sound")

TODAY = date(2026, 6, 1)


class Unreachable(EmailBackend):
    """A mail server that is away."""

    def send_messages(self, messages: Any) -> int:
        raise ConnectionRefusedError("nobody listens")


class Slow(EmailBackend):
    """A mail server that is so slow that another worker sends meanwhile."""

    def send_messages(self, messages: Any) -> int:
        deliver(clock=read)
        return super().send_messages(messages)


@pytest.fixture
def vitamin(world: World) -> Product:
    """A product of ACME, who is told at stock@acme.example, with 30 units of an expired lot."""
    tell(world.merchant)
    product = world.lot_product(unit_value=Decimal("2.5"))
    world.stock_lot(product, "OLD", TODAY - timedelta(days=2), 30, 0)
    return product


def tell(merchant: Merchant, address: str = "stock@acme.example") -> None:
    update_lot_tracking(merchant_id=merchant.pk, fields={"digest_email": address}, **acting())


def day_begins(now: datetime) -> list[str]:
    """What a worker does: run, write, send; the merchants who have a new digest."""
    run_due(now=now)
    written = write_digests(now=now)
    deliver(clock=lambda: now)
    return [one.merchant.code for one in written]


def in_days(days: int) -> date:
    return TODAY + timedelta(days=days)


def test_it_works(world: World, vitamin: Product, clock: Clock) -> None:
    assert day_begins(clock.now) == ["ACME"]
    digest = ExpiryDigest.objects.get()
    assert (digest.day, digest.first_day, digest.recipient) == (TODAY, TODAY, "stock@acme.example")
    assert (digest.sent_at, digest.attempts, digest.error) == (clock.now, 1, "")
    (sent,) = mail.outbox
    assert sent.to == ["stock@acme.example"]
    assert sent.subject == "ACME: 30 units expired, 0 expire within 90 days (2026-06-01)"
    raw: EmailMessage = sent.message()
    assert raw["Message-ID"] == "<expiry.ACME.2026-06-01@localhost>"
    assert [part.get_content_type() for part in raw.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    event = Event.objects.get(topic="expiry.digest")
    assert (event.object, event.merchant) == ("2026-06-01", world.merchant)
    assert event.payload == {"units": {"expired": 30, "0-30": 0, "31-60": 0, "61-90": 0}}


def test_what_it_says(world: World, vitamin: Product, clock: Clock) -> None:
    """28 units left in the last four weeks, one a day: of 40 in 10 days 30 will be left."""
    soap = world.lot_product("SOAP & <WATER>")
    world.stock_lot(vitamin, "SOON", in_days(10), 68, 1)
    ship_units(world, vitamin, 28)
    world.stock_lot(soap, "NEXT", in_days(45), 7, 2)
    world.stock_lot(soap, "", in_days(75), 8, 3)
    world.stock_lot(soap, "FAR", in_days(91), 9, 4)
    world.stock_lot(soap, "NEVER", None, 9, 5)
    day_begins(clock.now)
    told = ExpiryDigest.objects.get().content
    keys = ("bucket", "lots", "units", "value", "units_without_value")
    assert [tuple(one[key] for key in keys) for one in told["buckets"]] == [
        ("expired", 1, 30, "75.00", 0),
        ("0-30", 1, 40, "100.00", 0),
        ("31-60", 1, 7, None, 7),
        ("61-90", 1, 8, None, 8),
    ]
    keys = ("lot", "days_remaining", "warehouse", "bins", "units", "days_of_cover", "suggestion")
    assert [(*(one[key] for key in keys), one["left_at_expiry"]) for one in told["rows"]] == [
        ("OLD", -2, "CHI", 1, 30, 40, "Dispose", 30),
        ("SOON", 10, "CHI", 1, 40, 40, "Promote", 30),
        ("NEXT", 45, "CHI", 1, 7, None, "Promote", 7),
        ("without a number", 75, "CHI", 1, 8, None, "Promote", 8),
    ]
    text = mail.outbox[0].body
    assert "SOAP & <WATER>" in text
    assert "40 units, 100.00 USD, in 1 bin at CHI" in text
    assert "At the present rate of sale the product lasts 40 days; left at expiry: 30" in text
    html = str(mail.outbox[0].alternatives[0][0])
    assert "SOAP &amp; &lt;WATER&gt;" in html
    assert "<WATER>" not in html


def test_a_run_repeated_sends_nothing_twice(vitamin: Product, clock: Clock) -> None:
    assert day_begins(clock.now) == ["ACME"]
    assert day_begins(clock.advance(hours=3)) == []
    tasks.run_expiry.func()
    assert (len(mail.outbox), ExpiryDigest.objects.count()) == (1, 1)


def test_there_is_one_for_each_day(vitamin: Product, clock: Clock) -> None:
    day_begins(clock.now)
    assert day_begins(clock.advance(days=1)) == ["ACME"]
    ids = [one.message()["Message-ID"] for one in mail.outbox]
    assert ids == ["<expiry.ACME.2026-06-01@localhost>", "<expiry.ACME.2026-06-02@localhost>"]
    assert ExpiryDigest.objects.first().first_day == date(2026, 6, 2)


def test_days_that_were_missed_are_covered(vitamin: Product, clock: Clock) -> None:
    day_begins(clock.now)
    day_begins(clock.advance(days=4))
    assert len(mail.outbox) == 2
    assert ExpiryDigest.objects.first().first_day == date(2026, 6, 2)
    assert "for the days from 2026-06-02 to 2026-06-05" in mail.outbox[1].body


def test_who_has_nothing_that_expires_soon_is_not_told(world: World, clock: Clock) -> None:
    tell(world.merchant)
    product = world.lot_product()
    world.stock_lot(product, "FAR", in_days(91), 5, 0)
    world.stock_lot(product, "NEVER", None, 5, 1)
    assert day_begins(clock.now) == []


def test_who_has_no_address_finds_it_on_its_page(
    world: World, vitamin: Product, clock: Clock
) -> None:
    tell(world.merchant, "")
    assert day_begins(clock.now) == ["ACME"]
    digest = ExpiryDigest.objects.get()
    assert (digest.recipient, digest.sent_at, mail.outbox) == ("", None, [])


def test_without_a_mail_server_it_is_kept(vitamin: Product, clock: Clock, settings: Any) -> None:
    settings.SENDS_MAIL = False
    assert day_begins(clock.now) == ["ACME"]
    assert (ExpiryDigest.objects.get().recipient, mail.outbox) == ("", [])


def test_each_merchant_is_told_of_his_own(world: World, vitamin: Product, clock: Clock) -> None:
    glow = make_merchant("GLOW", digest_email="glow@glow.example")
    serum = make_product(glow, "SERUM", is_lot_product=True)
    put(serum, world.bins[1], 3, make_lot(serum, "S", in_days(5)))
    gone = make_merchant("GONE", digest_email="gone@gone.example")
    other = make_product(gone, "OTHER", is_lot_product=True)
    put(other, world.bins[2], 3, make_lot(other, "O", in_days(5)))
    update_merchant(merchant=gone, name="Gone", is_active=False, **acting())

    assert day_begins(clock.now) == ["ACME", "GLOW"]

    by_address = {one.to[0]: one.body for one in mail.outbox}
    assert by_address.keys() == {"stock@acme.example", "glow@glow.example"}
    assert "VITAMIN" in by_address["stock@acme.example"]
    assert "SERUM" not in by_address["stock@acme.example"]
    assert "VITAMIN" not in by_address["glow@glow.example"]


def test_the_day_has_to_begin_everywhere(vitamin: Product, clock: Clock) -> None:
    """Honolulu is five hours behind Chicago; until then the day before is the day."""
    west = make_warehouse("WEST", "Pacific/Honolulu")
    put(vitamin, make_bin(west), 1, make_lot(vitamin, "W", in_days(3)))
    assert write_digests(now=clock.now) == []  # before any run
    assert day_begins(clock.now) == ["ACME"]
    assert ExpiryDigest.objects.get().day == date(2026, 5, 31)
    assert day_begins(datetime(2026, 6, 2, 5, 0, tzinfo=UTC)) == ["ACME"]
    assert day_begins(datetime(2026, 6, 2, 9, 59, tzinfo=UTC)) == []
    assert day_begins(datetime(2026, 6, 2, 10, 0, tzinfo=UTC)) == ["ACME"]
    assert [one.day.day for one in ExpiryDigest.objects.all()] == [2, 1, 31]


def test_without_a_warehouse_nobody_is_told(db: None, clock: Clock) -> None:
    assert day_begins(clock.now) == []


# Sending ------------------------------------------------------------------------------------------


def test_a_mail_server_that_is_away_is_tried_again(
    vitamin: Product, clock: Clock, settings: Any
) -> None:
    run_due(now=clock.now)
    write_digests(now=clock.now)
    settings.EMAIL_BACKEND = f"{__name__}.Unreachable"
    with pytest.raises(DigestNotSent, match=r"ACME 2026-06-01\. ConnectionRefusedError: nobody"):
        deliver(clock=read)
    digest = ExpiryDigest.objects.get()
    assert (digest.sent_at, digest.claimed_at, digest.attempts) == (None, clock.now, 1)
    assert digest.error == "ConnectionRefusedError: nobody listens"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    clock.advance(minutes=9)
    assert deliver(clock=read) == 0
    clock.advance(minutes=1)
    assert deliver(clock=read) == 1
    digest.refresh_from_db()
    assert (digest.sent_at, digest.attempts, digest.error) == (clock.now, 2, "")
    assert len(mail.outbox) == 1


def test_a_claim_keeps_others_off_until_it_runs_out(vitamin: Product, clock: Clock) -> None:
    """A worker that died with the digest in hand; it goes out again with the same Message-ID."""
    run_due(now=clock.now)
    (digest,) = write_digests(now=clock.now)
    assert digests._claim(digest, clock.now)
    assert not digests._claim(digest, clock.now)
    clock.advance(minutes=9)
    assert deliver(clock=read) == 0
    clock.advance(minutes=1)
    assert deliver(clock=read) == 1
    clock.advance(minutes=20)
    assert deliver(clock=read) == 0
    again = digests.message(digest).message()["Message-ID"]
    assert [one.message()["Message-ID"] for one in mail.outbox] == [again]


def test_of_two_workers_one_sends(
    world: World, vitamin: Product, clock: Clock, settings: Any
) -> None:
    """Both have read what waits; while one sends the first digest the other sends the second."""
    serum = make_product(make_merchant("GLOW", digest_email="g@glow.example"), is_lot_product=True)
    put(serum, world.bins[1], 3, make_lot(serum, "S", in_days(5)))
    run_due(now=clock.now)
    write_digests(now=clock.now)
    settings.EMAIL_BACKEND = f"{__name__}.Slow"
    assert deliver(clock=read) == 1
    assert [one.to for one in mail.outbox] == [["g@glow.example"], ["stock@acme.example"]]


def test_a_digest_that_was_never_sent_is_covered_by_the_next(
    vitamin: Product, clock: Clock, settings: Any
) -> None:
    run_due(now=clock.now)
    write_digests(now=clock.now)
    day_begins(clock.advance(days=1))
    assert [one.sent_at for one in ExpiryDigest.objects.all()] == [clock.now, None]
    assert "for the days from 2026-06-01 to 2026-06-02" in mail.outbox[0].body
    assert deliver(clock=read) == 0
    assert len(mail.outbox) == 1


def test_whoever_is_slower_writes_none(world: World, vitamin: Product, clock: Clock) -> None:
    run_due(now=clock.now)
    write_digests(now=clock.now)
    again = digests._write(merchant=world.merchant, day=TODAY, now=clock.now)
    assert (again, ExpiryDigest.objects.count()) == (None, 1)


def test_statements_do_not_grow_with_the_lots(
    world: World, vitamin: Product, clock: Clock, django_assert_max_num_queries: Any
) -> None:
    for place in range(1, 9):
        world.stock_lot(world.lot_product(f"P-{place}"), "A", in_days(place), 5, place)
    run_due(now=clock.now)
    with django_assert_max_num_queries(27):
        (digest,) = write_digests(now=clock.now)
    assert len(digest.content["rows"]) == 9
