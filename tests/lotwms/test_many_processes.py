"""Two web servers and three workers on one database, sharing nothing else."""

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db.models import Sum

from fulfillment.models import Order
from inventory.models import Allocation, Balance, Demand
from inventory.queries.audit import differences
from jobs.models import Job
from merchants.models import User
from merchants.services import create_api_key
from tests.builders import acting, make_world
from tests.processes import Processes, until

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

ORDERS = 60
UNITS = 7  # of each order
STOCK = 300  # of the 420 that are asked for


@pytest.fixture
def processes():
    with Processes() as processes:
        yield processes


def test_web_servers_and_workers_multiply(processes):
    world = make_world()
    soap = world.lot_product("SOAP")
    for number in range(3):
        world.stock_lot(soap, f"LOT-{number}", None, STOCK // 3, bin=number)
    # The servers have the hashers of the product, not those of the tests.
    User.objects.create_superuser("ada")
    User.objects.update(password=PBKDF2PasswordHasher().encode("secret", "a grain of salt", 1))
    key = create_api_key(merchant=None, name="test", **acting()).text
    east, west = processes.serve(), processes.serve()
    for _ in range(3):
        processes.start("manage.py", "worker", "--interval=0.1")

    # Orders come in through both; a key that is sent to one is known to the other.
    servers = [east.as_key(key), west.as_key(key)]
    for number in range(ORDERS):
        answer = take(servers[number % 2], number)
        assert answer.status == 201, answer.text
    again = take(servers[0], ORDERS - 1)
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (answer.json(), "true")
    assert Order.objects.count() == ORDERS

    # Waves are chosen on one, released on the other, and worked off by whichever worker is free.
    waves = [make_wave(servers[0], part) for part in range(3)]
    for wave in waves:
        assert servers[1].post(f"/api/v1/waves/{wave}/release/", {}).status == 200
    until(lambda: all(is_completed(servers[0], wave) for wave in waves), what="three waves")

    # Whoever logged in at one is known at the other.
    assert "What needs doing" in east.log_in("ada", "secret").text
    assert "What needs doing" in west.with_cookies_of(east).get("/admin/").text

    # The sums hold.
    assert list(differences()) == []
    assert Allocation.objects.aggregate(units=Sum("quantity"))["units"] == STOCK
    assert Balance.objects.filter(product=soap).aggregate(u=Sum("committed"))["u"] == STOCK
    missing = ORDERS * UNITS - STOCK
    assert sum(one.quantity - one.allocated for one in Demand.objects.all()) == missing
    runs = Job.objects.filter(task_path="fulfillment.tasks.run_wave")
    until(lambda: not runs.filter(finished_at=None).exists(), what="the end of their jobs")
    assert [(job.status, job.attempts) for job in runs] == [("SUCCESSFUL", 1)] * 3


def take(server, number: int):
    lines = [{"sku": "SOAP", "quantity": UNITS}]
    body = {"merchant": "ACME", "warehouse": "CHI", "allocate": False, "lines": lines}
    return server.post("/api/v1/orders/", body, Idempotency_Key=f"order-{number}")


def make_wave(server, part: int) -> int:
    numbers = Order.objects.order_by("id").values_list("id", flat=True)
    answer = server.post("/api/v1/waves/", {"orders": list(numbers[part::3])})
    assert answer.status == 201, answer.text
    return answer.json()["id"]


def is_completed(server, wave: int) -> bool:
    return server.get(f"/api/v1/waves/{wave}/").json()["status"] == "completed"
