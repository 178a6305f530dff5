"""Reads that may lag, on a real primary and a real streaming replica of it."""

import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest

from tests.engines import OPTIONS
from tests.postgresql import Server
from tests.processes import Processes, until

pytestmark = pytest.mark.postgresql

MAKE = """
from merchants.models import User
from merchants.services import create_api_key
from tests.builders import acting, make_world
world = make_world()
soap = world.product("SOAP")
User.objects.create_superuser("ada", password="secret")
key = create_api_key(merchant=None, name="test", **acting())
print(key.text, soap.pk, world.bins[0].pk)
"""


class Pair:
    """A primary and its replica, each with a socket of its own and on no network address."""

    def __init__(self, directory: Path) -> None:
        self.primary = Server(directory / "1", OPTIONS)
        self.replica = Server(directory / "2", OPTIONS)
        for server in (self.primary, self.replica):
            server.directory.mkdir(exist_ok=True)
        self.primary.start()
        shutil.chown(self.replica.directory, *owner_of(self.primary.data))
        host = f"--host={self.primary.directory}"
        self.replica._run(
            "pg_basebackup", "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
            "--username=postgres", host,
        )  # fmt: skip
        self.replica.start()

    def stop(self) -> None:
        self.replica.stop()
        self.primary.stop()

    def on_replica(self, statement: str) -> object:
        with psycopg.connect(
            host=str(self.replica.directory), user="postgres", dbname="postgres"
        ) as connection:
            row = connection.execute(statement).fetchone()
        return row and row[0]

    def await_replay(self) -> None:
        """Until the replica has applied all that the primary has written."""
        with psycopg.connect(
            host=str(self.primary.directory), user="postgres", dbname="postgres"
        ) as connection:
            # Commits of a test server are asynchronous: what it told may not be written out yet.
            written = connection.execute("SELECT pg_current_wal_insert_lsn()::text").fetchone()[0]
        applied = f"SELECT pg_last_wal_replay_lsn() >= '{written}'"
        until(lambda: self.on_replica(applied), what="the replica to catch up")


def owner_of(path: Path) -> tuple[str, str]:
    return path.owner(), path.group()


@pytest.fixture
def pair():
    directory = Path(tempfile.mkdtemp(prefix="lotwms-pair-"))
    directory.chmod(0o711)
    pair = Pair(directory)
    yield pair
    pair.stop()
    shutil.rmtree(directory)


@pytest.fixture
def processes():
    with Processes() as processes:
        yield processes


def test_status_is_read_from_the_replica_and_all_else_from_the_primary(pair, processes):
    urls = {"DATABASE_URL": pair.primary.url(), "DATABASE_REPLICA_URL": pair.replica.url()}
    processes.run("manage.py", "migrate", "-v0", DATABASE_URL=urls["DATABASE_URL"])
    made = processes.run("manage.py", "shell", "-v0", "-c", MAKE, **urls)
    key, soap, bin_id = made.split()
    web = processes.serve(**urls)
    api = web.as_key(key)
    inventory = f"/api/v1/inventory/{soap}/"

    def find(units: int) -> None:
        body = {"sku": "SOAP", "merchant": "ACME", "location": int(bin_id), "quantity": units}
        assert api.post("/api/v1/adjustments/", body | {"reason": "found"}).status == 201

    # All is applied: the replica answers, with nothing to catch up on.
    find(10)
    pair.await_replay()
    told = until(lambda: caught_up(api.get(inventory)), what="a replica with nothing to apply")
    assert told.json()["on_hand"] == 10

    # The replica stands still: the status is old and says how old, everything else is new.
    pair.on_replica("SELECT pg_wal_replay_pause()")
    until(lambda: pair.on_replica("SELECT pg_get_wal_replay_pause_state()") == "paused")
    find(7)
    behind = until(lambda: lagging(api.get(inventory)), what="a lag of some tenths of a second")
    assert behind.json()["on_hand"] == 10
    assert api.get(f"{inventory}lots/").json()["results"][0]["on_hand"] == 10
    assert len(api.get(f"{inventory}history/").json()["results"]) == 1
    items = api.get("/api/v1/item-locations/?sku=SOAP")
    assert items.json()["results"][0]["on_hand"] == 17
    assert items.headers["Data-Lag-Seconds"] is None

    # What the replica does not have yet is asked of the primary.
    body = {"merchant": "ACME", "sku": "TEA", "name": "Tea"}
    tea = api.post("/api/v1/products/", body).json()["id"]
    fresh = api.get(f"/api/v1/inventory/{tea}/")
    assert (fresh.json()["sku"], fresh.headers["Data-Lag-Seconds"]) == ("TEA", None)

    # The page says so, too.
    assert web.log_in("ada", "secret").status == 200
    page = web.get("/admin/inventory/status/")
    assert "Read from the replica" in page.text
    assert "TEA" not in page.text

    # It goes on: everything arrives.
    pair.on_replica("SELECT pg_wal_replay_resume()")
    pair.await_replay()
    assert api.get(inventory).json()["on_hand"] == 17

    # It is gone: the primary answers at once, and nobody notices.
    pair.replica.stop()
    find(1)
    alone = api.get(inventory)
    assert (alone.status, alone.json()["on_hand"]) == (200, 18)
    assert alone.headers["Data-Lag-Seconds"] is None
    page = web.get("/admin/inventory/status/")
    assert page.status == 200
    assert "Read from the replica" not in page.text


def caught_up(answer):
    return answer.headers["Data-Lag-Seconds"] == "0.0" and answer


def lagging(answer):
    return float(answer.headers["Data-Lag-Seconds"]) > 0 and answer
