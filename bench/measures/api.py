"""Orders over HTTP: gunicorn, its database and its 8 clients on one machine."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from statistics import median

from bench.crew import Act, Crew
from bench.dataset import sku
from bench.measures.orders import SHIP_TO, merchants_of_products, order_lines
from bench.results import ROOT, Row
from bench.run import Run
from inventory.models import Warehouse
from merchants.models import Merchant
from merchants.services import create_api_key

CLIENTS = 8
ORDERS = 100  # of each client in a repeat
WORKERS = 4
LEAST = 150
HERE = __name__


def measure(run: Run) -> Iterator[Row]:
    keys = {
        merchant.pk: create_api_key(
            merchant=merchant, name="bench", actor=None, now=datetime.now(UTC)
        ).text
        for merchant in Merchant.objects.all()
    }
    with _gunicorn(run), Crew(CLIENTS, run.url) as crew:
        job = partial(crew.run, f"{HERE}:ours", keys=keys, port=run.port)
        # Statements are planned anew until a connection has run them ten times; here are sixteen.
        job(count=ORDERS, seed=run.next_seed())
        outcomes = [job(count=ORDERS, seed=run.next_seed()) for _ in range(run.repeats)]
    rates = [one.per_second for one in outcomes]
    failed = sum(one.failed for one in outcomes)
    yield Row(
        measure="api",
        name=f"one order of 3 lines by the REST API, {CLIENTS} clients, {WORKERS} workers",
        unit="orders/s",
        ours=rates,
        p50=median(one.median_ms for one in outcomes),
        p99=median(one.percentile(99) for one in outcomes),
        target=f"≥ {LEAST}",
        reached=median(rates) >= LEAST and not failed,
        note=f"({failed} refused)" if failed else "",
    )


@contextmanager
def _gunicorn(run: Run) -> Iterator[None]:
    command = [
        *(sys.executable, "-m", "gunicorn", "--no-control-socket", "--workers", str(WORKERS)),
        *("--worker-class", "gthread", "--threads", "4", "--keep-alive", "60"),
        *("--bind", f"127.0.0.1:{run.port}", "lotwms.wsgi"),
    ]
    environment = {**os.environ, "DATABASE_URL": run.url, "LOG_LEVEL": "ERROR"}
    server = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(run.port)
        yield
    finally:
        server.terminate()
        server.wait()


def _wait(port: int) -> None:
    until = time.monotonic() + 60
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", "/api/v1/orders/")
            connection.getresponse().read()
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return
        finally:
            connection.close()


def ours(worker: int, *, count: int, seed: int, keys: dict[int, str], port: int) -> Iterator[Act]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    houses = [*Warehouse.objects.order_by("id").values_list("code", flat=True)]
    of_product = merchants_of_products()
    for lines in order_lines(count, seed, worker, hot=False):
        merchant = of_product[lines[0][0]]
        body = {
            "warehouse": houses[merchant % 2],
            "ship_to": SHIP_TO,
            "lines": [{"sku": sku(product), "quantity": units} for product, units in lines],
        }
        yield partial(_post, connection, json.dumps(body), keys[merchant])


def _post(connection: http.client.HTTPConnection, body: str, key: str) -> bool:
    """Whether the order was taken and, as there is enough of everything, all of it promised."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    connection.request("POST", "/api/v1/orders/", body, headers)
    answer = connection.getresponse()
    told: dict[str, object] = json.loads(answer.read())
    return answer.status == 201 and _is_covered(told["lines"])


def _is_covered(lines: object) -> bool:
    return isinstance(lines, Sequence) and all(line["backordered"] == 0 for line in lines)
