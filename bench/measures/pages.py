"""The status page with its pop-up, and the expiry page: the time that the server takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from django.test import Client
from django.urls import reverse

from bench import counting
from bench.crew import timed
from bench.results import Row
from bench.run import Run
from inventory.models import Product
from merchants.models import Merchant, User

MOST_MS = 60
EXPIRY_MOST_MS = 80
READS = 10


def measure(run: Run) -> Iterator[Row]:
    client = signed_in()
    url = reverse("admin:inventory_status")
    merchant = Merchant.objects.get(code="M03")
    product = Product.objects.filter(merchant=merchant).order_by("-id")[5].pk
    pop_up = reverse("admin:inventory_status_lots", args=[product])
    pages = {
        "status page, all merchants": url,
        "status page, one merchant": f"{url}?merchant={merchant.code}",
        "status page, a search": f"{url}?q=SKU-0042",
        "pop-up of a product's lots": f"{pop_up}?part=lots",
    }
    for name, address in pages.items():
        yield page_row(run, client, name, address, MOST_MS, measure="pages")
    url = reverse("admin:inventory_expiry")
    lots = {
        "expiry page, all lots": url,
        "expiry page, one merchant": f"{url}?merchant={merchant.code}",
        "expiry page, within 30 days": f"{url}?life=0-30",
        "expiry page, a search": f"{url}?q=SKU-0042",
    }
    for name, address in lots.items():
        yield page_row(run, client, name, address, EXPIRY_MOST_MS, measure="pages")
    sums = {"life": "days to expiry", "month": "month", "age": "age"}
    for by, name in sums.items():
        row = page_row(
            run, client, f"expiry page, units by {name}", f"{url}?part=figures&by={by}",
            EXPIRY_MOST_MS, measure="pages", reads=1,
        )  # fmt: skip
        yield replace(row, target="", reached=None, note="(reads every balance, after the page)")


def page_row(
    run: Run, client: Client, name: str, url: str, most: int, *, measure: str, reads: int = READS
) -> Row:
    """A page as the server makes it, without the network."""
    get = partial(client.get, url)
    status = get().status_code
    outcomes = [timed([get] * reads) for _ in range(run.repeats)]
    middle = [one.median_ms for one in outcomes]
    return Row(
        measure=measure,
        name=name,
        unit="ms",
        ours=middle,
        p50=run.middle(middle),
        p99=run.middle(one.percentile(99) for one in outcomes),
        statements=counting.statements(get),
        target=f"≤ {most} ms",
        reached=run.middle(middle) <= most and status == 200,
        note="" if status == 200 else f"(answered {status})",
    )


def signed_in() -> Client:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(username="bench"))
    return client
