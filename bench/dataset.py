"""A warehouse full of lots, written through COPY into a database that our migrations made.

20 merchants and 2 warehouses; a product has 10 lots, each in a bin of its own; every unit came in
by a movement from SUPPLIER, so that `check_ledger` finds nothing. The same size and seed give the
same rows. Expiry is counted from today: 3 % of the lots are expired, 1 % are inactive.

What lies behind the rows: the first merchant has 1,000 products (as far as there are enough) for
the status of a whole merchant; 100 products of the second are hot, with a hundred times the units.
Lots came in by rounds, so that the balances of a product lie on ten pages of the table.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

import psycopg
from django.core.management import call_command
from django.db.models import GeneratedField, Model
from django.db.models.fields import NOT_PROVIDED

from bench import server
from fulfillment.models import Order, OrderLine
from inventory.models import Balance, Demand, Location, Lot, Movement, Posting, Product, Warehouse
from inventory.services.places import create_warehouse
from merchants.models import Event, Merchant, User
from merchants.services import create_merchant

LOTS = 10
MERCHANTS = 20
FEW = 3  # merchants of a data set that is too small for 20
WHOLE_MERCHANT = 1_000  # products of the first merchant
HOT = 100  # products of the second merchant with a hundred times the units
MOVEMENTS_OF_A_POSTING = 50
ROWS_OF_A_CHUNK = 5_000
ZONE = "UTC"
SHIP_TO = json.dumps({"name": "Ada", "country": "US"})


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is. ``movements`` is how many there are for each balance."""

    balances: int = 1_000_000
    movements: int = 1
    orders: int = 100_000
    seed: int = 3

    @property
    def products(self) -> int:
        return max(20, self.balances // LOTS)

    @property
    def merchants(self) -> int:
        return MERCHANTS if self.products >= MERCHANTS**2 else FEW

    @property
    def lots(self) -> int:
        return self.products * LOTS

    def as_note(self) -> str:
        """Told apart by what it holds, the day it was made and the tables it was made for."""
        return json.dumps({**asdict(self), "day": today().isoformat(), "tables": _tables()})


def size(balances: int, *, movements: int = 1) -> Size:
    """The usual data set of so many balances: a tenth of them are open orders."""
    return Size(balances, movements, orders=balances // 10)


def size_of(url: str) -> Size:
    """How much there is in a data set, or in a copy of it."""
    told = json.loads(server.note(url) or "{}")
    return Size(**{name: told[name] for name in ("balances", "movements", "orders", "seed")})


def sku(product: int) -> str:
    return f"SKU-{product:06d}"


def today() -> date:
    return datetime.now(UTC).date()


def _tables() -> list[str]:
    from django.db.migrations.loader import MigrationLoader

    return sorted("_".join(key) for key in MigrationLoader(None).graph.leaf_nodes())


def build(url: str, wanted: Size) -> bool:
    """Have this data set in the database of Django's settings, whose URL is given.

    False where it stands there already: it is never changed, but for its tables, only copied.
    """
    note, found = wanted.as_note(), json.loads(server.note(url) or "{}")
    if found == json.loads(note):
        return False
    if {**found, "tables": None} == {**json.loads(note), "tables": None}:
        call_command("migrate", verbosity=0)
        _settle(url)
        server.annotate(url, note)
        return False
    server.create(url)
    call_command("migrate", verbosity=0)
    with psycopg.connect(url) as connection:
        fill(connection, wanted)
    _settle(url)
    server.annotate(url, note)
    return True


def _settle(url: str) -> None:
    """As autovacuum leaves it; a migration that writes a table anew forgets what was known."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def fill(connection: psycopg.Connection, wanted: Size) -> None:
    """Write a data set into the empty tables of the database of Django's settings."""
    _Writer(connection, wanted, _Ground.made(wanted.merchants)).write()


def add_orders(url: str, count: int, *, seed: int) -> list[int]:
    """Write further open orders into a data set; their ids."""
    with psycopg.connect(url) as connection:
        return _Writer(connection, size_of(url), _Ground.found()).orders(count, seed=seed)


class _House(NamedTuple):
    """A warehouse and the places of it that the data set uses."""

    id: int
    supplier: int
    customer: int


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the services make: few rows, and more to them than a table shows."""

    actor_id: int
    merchants: tuple[int, ...]
    houses: tuple[_House, ...]
    first_bin: int

    @classmethod
    def made(cls, merchant_count: int) -> _Ground:
        now = datetime.now(UTC)
        actor = User.objects.create_superuser("bench", password="bench")  # noqa: S106
        merchants = [
            create_merchant(code=f"M{n:02d}", name=f"Merchant {n:02d}", actor=actor, now=now)
            for n in range(1, merchant_count + 1)
        ]
        houses = [
            create_warehouse(code=code, name=code.title(), timezone=ZONE, actor=actor, now=now)
            for code in ("EAST", "WEST")
        ]
        last = Location.objects.order_by("-id").values_list("id", flat=True)[0]
        return cls(
            actor.pk,
            tuple(merchant.pk for merchant in merchants),
            tuple(cls._house(one) for one in houses),
            last + 1,
        )

    @classmethod
    def found(cls) -> _Ground:
        """That of a data set which stands already, to add to it."""
        houses = [cls._house(one) for one in Warehouse.objects.order_by("id")]
        merchants = Merchant.objects.order_by("id").values_list("id", flat=True)
        return cls(User.objects.get(username="bench").pk, tuple(merchants), tuple(houses), 0)

    @staticmethod
    def _house(warehouse: Warehouse) -> _House:
        places = dict(warehouse.locations.values_list("kind", "id"))
        return _House(warehouse.pk, places["supplier"], places["customer"])


def merchant_place(product: int, of: Size) -> int:
    """The place of a product's merchant: 0 for every so many of them, the others in turn."""
    whole = min(WHOLE_MERCHANT, of.products // of.merchants)
    stride = of.products // whole
    if product % stride == 0 and product // stride <= whole:
        return 0
    return 1 + product % (of.merchants - 1)


def is_hot(product: int, of: Size) -> bool:
    """The first products of the second merchant, 100 of them unless the data set is small."""
    place, turn = merchant_place(product, of), product // (of.merchants - 1)
    return place == 1 and turn <= HOT + HOT // 10


class _LotFacts(NamedTuple):
    """One lot: where it stands, what came in and what has left since."""

    id: int
    product: int
    round: int
    merchant: int
    house: _House
    expires_on: str
    is_active: bool
    received: int
    left: tuple[int, ...]

    @property
    def on_hand(self) -> int:
        return self.received - sum(self.left)


class _Writer:
    """Writes one data set: each table is one COPY, its rows made on the way."""

    def __init__(self, connection: psycopg.Connection, wanted: Size, ground: _Ground) -> None:
        self.connection, self.wanted, self.ground = connection, wanted, ground
        self.at = (datetime.now(UTC) - timedelta(days=30)).isoformat()
        self.days = [(today() + timedelta(days=day)).isoformat() for day in range(-20, 730)]
        self.merchants = [
            ground.merchants[merchant_place(product, wanted)]
            for product in range(wanted.products + 1)
        ]

    def write(self) -> None:
        if self._may_leave_triggers_out():
            # The rows are consistent by the way they are made, and `check_ledger` proves it: a
            # million checks of foreign keys, one by one, would take longer than all the rest.
            self.connection.execute("SET session_replication_role = replica")
        self._products()
        self._places_and_lots()
        self._balances()
        self._movements()
        self.orders(self.wanted.orders)
        self.connection.execute("SET session_replication_role = DEFAULT")

    def _may_leave_triggers_out(self) -> bool:
        found = self.connection.execute("SHOW is_superuser").fetchone()
        return found is not None and found[0] == "on"

    # Tables ---------------------------------------------------------------------------------------

    def _products(self) -> None:
        names = "id merchant_id sku name barcode is_lot_product return_action created_at"
        words = ("Serum", "Gummies", "Shampoo", "Tea", "Protein", "Balm", "Capsules", "Oil")
        self._copy(
            Product,
            names,
            (
                f"{n}\t{self.merchants[n]}\t{sku(n)}\t{words[n % 8]} {words[n // 8 % 8]} {n}"
                f"\t{4_000_000_000_000 + n}\tt\tquarantine\t{self.at}"
                for n in range(1, self.wanted.products + 1)
            ),
        )

    def _places_and_lots(self) -> None:
        first = self.ground.first_bin - 1
        self._copy(
            Location,
            "id warehouse_id name kind pick_sequence",
            (
                f"{first + lot.id}\t{lot.house.id}\tA-{lot.id:07d}\tstorage\t{lot.id}"
                for lot in self._lots()
            ),
        )
        names = "id merchant_id product_id number number_key expires_on is_active received_at"
        self._copy(
            Lot,
            f"{names} created_at",
            (
                f"{lot.id}\t{lot.merchant}\t{lot.product}\tB{lot.product:06d}-{lot.round}"
                f"\tb{lot.product:06d}-{lot.round}\t{lot.expires_on}\t{'ft'[lot.is_active]}"
                f"\t{self.at}\t{self.at}"
                for lot in self._lots()
            ),
        )

    def _balances(self) -> None:
        names = (
            "id merchant_id product_id lot_id location_id warehouse_id location_kind "
            "location_mixed on_hand committed expires_on is_blocked"
        )
        self._copy(Balance, names, self._balance_rows())

    def _balance_rows(self) -> Iterator[str]:
        first, lots = self.ground.first_bin - 1, self.wanted.lots
        for one in self._lots():
            owner = f"{one.merchant}\t{one.product}\t{one.id}"
            yield (
                f"{one.id}\t{owner}\t{first + one.id}\t{one.house.id}\tstorage\tf\t{one.on_hand}"
                f"\t0\t{one.expires_on}\t{'tf'[one.is_active]}"
            )
            outside = [(lots, one.house.supplier, "supplier", -one.received)]
            if one.left:
                outside.append((2 * lots, one.house.customer, "customer", sum(one.left)))
            for before, place, kind, units in outside:
                yield (
                    f"{before + one.id}\t{owner}\t{place}\t{one.house.id}\t{kind}\tt\t{units}\t0"
                    f"\t{one.expires_on}\tt"
                )

    def _movements(self) -> None:
        postings: list[tuple[int, str]] = []
        rows = self._movement_rows(postings)
        self._copy(Movement, "posting_id merchant_id product_id source_id target_id quantity", rows)
        self._copy(
            Posting,
            "id merchant_id kind actor_id reason occurred_at recorded_at",
            (
                f"{n}\t{merchant}\t{kind}\t{self.ground.actor_id}\tOpening stock"
                f"\t{self.at}\t{self.at}"
                for n, (merchant, kind) in enumerate(postings, start=1)
            ),
        )

    def _movement_rows(self, postings: list[tuple[int, str]]) -> Iterator[str]:
        """First what came in, by rounds; then what left, once for each further movement."""
        lots = self.wanted.lots
        for nth in range(self.wanted.movements):
            kind = "ship" if nth else "receive"
            standing: dict[int, tuple[int, int]] = {}  # merchant: its posting, and its movements
            for one in self._lots():
                posting, count = standing.get(one.merchant, (0, MOVEMENTS_OF_A_POSTING))
                if count == MOVEMENTS_OF_A_POSTING:
                    postings.append((one.merchant, kind))
                    posting, count = len(postings), 0
                standing[one.merchant] = posting, count + 1
                source, target = (one.id, 2 * lots + one.id) if nth else (lots + one.id, one.id)
                units = one.left[nth - 1] if nth else one.received
                yield f"{posting}\t{one.merchant}\t{one.product}\t{source}\t{target}\t{units}"

    def orders(self, count: int, *, seed: int = 7) -> list[int]:
        """Write open orders of three lines, which claim nothing yet; their ids."""
        orders = [*open_orders(count, self.wanted, seed=seed)]
        first_order, first_demand = self._last(Order) + 1, self._last(Demand) + 1
        numbered = [
            (first_demand + 3 * n + place, n, place + 1, product, units)
            for n, lines in enumerate(orders)
            for place, (product, units) in enumerate(lines)
        ]
        owners = [self.merchants[lines[0][0]] for lines in orders]
        houses = [self.ground.houses[owner % 2].id for owner in owners]
        ids = range(first_order, first_order + count)
        self._copy(
            Order,
            "id merchant_id warehouse_id ship_to created_at created_by_id",
            (
                f"{pk}\t{owner}\t{house}\t{SHIP_TO}\t{self.at}\t{self.ground.actor_id}"
                for pk, owner, house in zip(ids, owners, houses, strict=True)
            ),
        )
        self._copy(
            Demand,
            "id merchant_id product_id order_number warehouse_id quantity country ordered_at",
            (
                f"{pk}\t{owners[n]}\t{product}\tORD-{ids[n]:06d}\t{houses[n]}\t{units}\tUS\t{self.at}"
                for pk, n, _, product, units in numbered
            ),
        )
        self._copy(
            OrderLine,
            "merchant_id order_id position product_id demand_id",
            (
                f"{owners[n]}\t{ids[n]}\t{place}\t{product}\t{pk}"
                for pk, n, place, product, _ in numbered
            ),
        )
        self._copy(
            Event,
            "topic merchant_id object payload occurred_at",
            (
                f"order.created\t{owner}\tORD-{pk:06d}\t{{}}\t{self.at}"
                for pk, owner in zip(ids, owners, strict=True)
            ),
        )
        return [*ids]

    def _last(self, model: type[Model]) -> int:
        found = self.connection.execute(
            f"SELECT COALESCE(max(id), 0) FROM {model._meta.db_table}"
        ).fetchone()
        return int(found[0]) if found else 0

    # How ------------------------------------------------------------------------------------------

    def _lots(self) -> Iterator[_LotFacts]:
        """Every lot in the order in which it came in; the same at each call."""
        random = Random(self.wanted.seed)  # noqa: S311
        houses, products = self.ground.houses, self.wanted.products
        further = self.wanted.movements - 1
        n = 0
        for nth in range(LOTS):
            for product in range(1, products + 1):
                n += 1
                drawn = random.random()
                left = tuple(1 + int(drawn * 1000) % 3 for _ in range(further))
                units = (20 + int(drawn * 181)) * (100 if is_hot(product, self.wanted) else 1)
                merchant = self.merchants[product]
                # Most lots of a merchant stand in one warehouse; the last round in the other one.
                house = houses[(merchant + (nth == LOTS - 1)) % 2]
                yield _LotFacts(
                    id=n,
                    product=product,
                    round=nth,
                    merchant=merchant,
                    house=house,
                    expires_on=self.days[int(random.random() * len(self.days))],
                    is_active=drawn < 0.99,
                    received=units + sum(left),
                    left=left,
                )

    def _copy(self, model: type[Model], names: str, rows: Iterable[str]) -> None:
        """Write rows of the named columns; every other column gets its default."""
        table, columns = model._meta.db_table, names.split()
        rest = [
            field
            for field in model._meta.concrete_fields
            if field.column not in columns
            and not isinstance(field, GeneratedField)
            and not (field.primary_key and "id" not in columns)
        ]
        end = "".join(f"\t{_text(field)}" for field in rest) + "\n"
        listed = ", ".join([*columns, *(str(field.column) for field in rest)])
        with self.connection.cursor() as cursor:
            with cursor.copy(f"COPY {table} ({listed}) FROM STDIN") as copy:
                chunk: list[str] = []
                for row in rows:
                    chunk.append(row)
                    if len(chunk) == ROWS_OF_A_CHUNK:
                        copy.write(end.join([*chunk, ""]))
                        chunk.clear()
                copy.write(end.join([*chunk, ""]))
            if "id" in columns:
                cursor.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, 'id'), "
                    f"GREATEST((SELECT max(id) FROM {table}), 1))",
                    [table],
                )
        self.connection.commit()


def _text(field: Any) -> str:
    """The default of a field as COPY reads it."""
    value = None if field.default is NOT_PROVIDED and field.null else field.get_default()
    if value is None:
        return r"\N"
    if isinstance(value, bool):
        return "ft"[value]
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def open_orders(count: int, of: Size, *, seed: int = 7) -> Iterator[list[tuple[int, int]]]:
    """Orders as (product id, units), three lines each of one merchant; none of a hot product."""
    random = Random(seed)  # noqa: S311
    step = of.merchants - 1
    for _ in range(count):
        turn = random.randrange(1, step)  # which products are every so manieth; of 0 are the hot
        lines: dict[int, int] = {}
        while len(lines) < 3:
            product = turn + step * random.randrange(of.products // step)
            if merchant_place(product, of):
                lines[product] = random.randrange(1, 11)
        yield list(lines.items())


def hot_orders(count: int, of: Size, *, seed: int = 7) -> Iterator[list[tuple[int, int]]]:
    """The same, of the hot products alone."""
    random = Random(seed)  # noqa: S311
    hot = [product for product in range(1, of.products + 1) if is_hot(product, of)][:HOT]
    for _ in range(count):
        yield [(product, random.randrange(1, 11)) for product in random.sample(hot, 3)]
