"""The digest and a real mail server: sent once, refused, away and back again."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from inventory.errors import DigestNotSent
from inventory.models import ExpiryDigest
from inventory.services.digests import deliver, write_digests
from inventory.services.expiry_run import run_due
from tests.builders import World, make_lot, make_merchant, make_product, put
from tests.clock import Clock, read

SOON = date(2026, 6, 11)
PATIENCE_SECONDS = 60


class Postbox:
    """What a mail server took, and whom it does not know."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, Any]] = []
        self.unknown: set[str] = set()
        self.on_mail: Any = lambda: None

    async def handle_RCPT(  # noqa: N802  # as the server calls it
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.unknown:
            return "550 5.1.1 There is no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.taken += [(address, mail) for address in envelope.rcpt_tos]
        self.on_mail()
        return "250 Taken"


class Server:
    """A mail server of our own, up or down, on a port that nobody else gets meanwhile."""

    def __init__(self, postbox: Postbox) -> None:
        self.postbox = postbox
        self.kept = socket.socket()  # bound, and never listened to: who calls is turned away
        self.kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.kept.bind(("127.0.0.1", 0))
        self.port = self.kept.getsockname()[1]
        self.controller: Controller | None = None

    def start(self) -> None:
        self.controller = Controller(
            self.postbox, hostname="127.0.0.1", port=self.port, ready_timeout=PATIENCE_SECONDS
        )
        self.controller.start()

    def stop(self) -> None:
        if self.controller:
            self.controller.stop()
            self.controller = None


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def server(postbox: Postbox, settings: Any) -> Iterator[Server]:
    made = Server(postbox)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", made.port
    settings.EMAIL_TIMEOUT = PATIENCE_SECONDS
    made.start()
    yield made
    made.stop()
    made.kept.close()


@pytest.fixture
def waiting(world: World, clock: Clock) -> None:
    """ACME and GLOW, each with a digest of the day that waits to be sent."""
    for place, code in enumerate(("ALFA", "GLOW")):
        merchant = make_merchant(code, digest_email=f"stock@{code.lower()}.example")
        serum = make_product(merchant, "SÉRUM", is_lot_product=True)
        put(serum, world.bins[place], 3, make_lot(serum, "S-1", SOON))
    run_due(now=clock.now)
    assert len(write_digests(now=clock.now)) == 2


def told() -> list[tuple[str, int, bool, str]]:
    rows = ExpiryDigest.objects.order_by("merchant__code")
    return [(one.merchant.code, one.attempts, bool(one.sent_at), one.error) for one in rows]


def test_each_is_told_once(waiting: None, server: Server, postbox: Postbox, clock: Clock) -> None:
    assert deliver(clock=read) == 2
    clock.advance(hours=2)
    assert deliver(clock=read) == 0
    assert [address for address, _ in postbox.taken] == ["stock@alfa.example", "stock@glow.example"]
    _, mail = postbox.taken[0]
    assert mail["Message-ID"] == "<expiry.ALFA.2026-06-01@localhost>"
    assert mail["Subject"] == "ALFA: 0 units expired, 3 expire within 90 days (2026-06-01)"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert "SÉRUM" in mail.get_body(["plain"]).get_content()
    assert "SÉRUM" in mail.get_body(["html"]).get_content()


def test_who_is_refused_keeps_nobody_else_from_it(
    waiting: None, server: Server, postbox: Postbox, clock: Clock
) -> None:
    """It is tried again at longer and longer intervals, for an address that is wrong stays so."""
    postbox.unknown = {"stock@alfa.example"}
    began = clock.now
    tries = []
    for _ in range(6 * 4):  # as often as the run comes round in four hours
        before = told()[0][1]
        with suppress(DigestNotSent):
            deliver(clock=read)
        if told()[0][1] > before:
            tries.append((clock.now - began) // timedelta(minutes=1))
        clock.advance(minutes=10)
    assert tries == [0, 10, 30, 70, 130, 190]
    assert [address for address, _ in postbox.taken] == ["stock@glow.example"]
    assert [one[:3] for one in told()] == [("ALFA", 6, False), ("GLOW", 1, True)]
    assert told()[0][3] == (
        "SMTPRecipientsRefused: {'stock@alfa.example': (550, b'5.1.1 There is no such mailbox')}"
    )
    postbox.unknown = set()
    clock.advance(minutes=10)
    assert deliver(clock=read) == 1
    assert told()[0] == ("ALFA", 7, True, "")


def test_a_server_that_was_away_sends_each_once(
    waiting: None, server: Server, postbox: Postbox, clock: Clock
) -> None:
    server.stop()
    with pytest.raises(DigestNotSent, match="Not sent: ALFA 2026-06-01, GLOW 2026-06-01"):
        deliver(clock=read)
    assert deliver(clock=read) == 0  # they rest
    server.start()
    clock.advance(minutes=10)
    assert deliver(clock=read) == 2
    assert deliver(clock=read) == 0
    assert len(postbox.taken) == 2
    assert told() == [("ALFA", 2, True, ""), ("GLOW", 2, True, "")]


def test_a_claim_counts_from_when_it_was_made(
    waiting: None, server: Server, postbox: Postbox, clock: Clock
) -> None:
    """The server takes nine minutes for each: the run after ten finds the second one in hand."""
    postbox.on_mail = lambda: clock.advance(minutes=9)
    assert deliver(clock=read) == 2
    rows = ExpiryDigest.objects.order_by("merchant__code").values_list("claimed_at", "sent_at")
    began, first, second = (datetime(2026, 6, 1, 9, minute, tzinfo=UTC) for minute in (0, 9, 18))
    assert list(rows) == [(began, first), (first, second)]
