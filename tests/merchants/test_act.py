import pytest
from django.db import OperationalError, connection, transaction

from merchants import transactions
from merchants.models import Merchant
from merchants.transactions import act, is_retriable
from tests.builders import make_merchant


class Ended(Exception):
    """What the driver raises when the database ends a transaction."""

    def __init__(self, sqlstate: str | None) -> None:
        self.sqlstate = sqlstate


def ended(sqlstate: str | None) -> OperationalError:
    error = OperationalError("the database ended the transaction")
    error.__cause__ = Ended(sqlstate)
    return error


@pytest.fixture
def pauses(monkeypatch) -> list[float]:
    paused: list[float] = []
    monkeypatch.setattr(transactions.time, "sleep", paused.append)
    return paused


class Verb:
    """Renames the merchant, and is ended by the database so many times."""

    def __init__(self, times: int, error: Exception) -> None:
        self.left, self.error, self.tries = times, error, 0

    def __call__(self, *, name: str) -> str:
        self.tries += 1
        Merchant.objects.update(name=f"{name} {self.tries}")
        if self.left:
            self.left -= 1
            raise self.error
        return name


def run(verb: Verb, name: str = "Glow") -> str:
    @act
    def rename(*, name: str) -> str:
        return verb(name=name)

    return rename(name=name)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
def test_it_tries_again_from_the_start(pauses, sqlstate):
    make_merchant()
    verb = Verb(2, ended(sqlstate))

    assert run(verb) == "Glow"

    assert verb.tries == 3
    assert Merchant.objects.get().name == "Glow 3"
    assert len(pauses) == 2
    assert 0.02 <= pauses[0] <= 0.04 <= pauses[1] <= 0.08


@pytest.mark.django_db(transaction=True)
def test_it_gives_up_after_five_tries(pauses):
    make_merchant("GLOW")
    verb = Verb(9, ended("40P01"))

    with pytest.raises(OperationalError):
        run(verb)

    assert verb.tries == 5
    assert len(pauses) == 4
    assert Merchant.objects.get().name == "Glow"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "error",
    [ended("55P03"), ended(None), ValueError("no")],
    ids=["lock timeout", "no state", "not the database"],
)
def test_it_never_repeats_anything_else(pauses, error):
    make_merchant("GLOW")
    verb = Verb(1, error)

    with pytest.raises(type(error)):
        run(verb)

    assert verb.tries == 1
    assert pauses == []
    assert Merchant.objects.get().name == "Glow"


@pytest.mark.django_db
def test_an_act_inside_another_never_repeats(pauses):
    verb = Verb(1, ended("40P01"))

    with pytest.raises(OperationalError), transaction.atomic():
        run(verb)

    assert verb.tries == 1
    assert pauses == []


@pytest.mark.django_db
def test_an_act_inside_another_is_undone_alone():
    make_merchant("GLOW")

    with transaction.atomic():
        with pytest.raises(ValueError, match="no"):
            run(Verb(1, ValueError("no")))
        Merchant.objects.update(picking_disabled_days=7)

    merchant = Merchant.objects.get()
    assert (merchant.name, merchant.picking_disabled_days) == ("Glow", 7)


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_postgresql_says_so_in_the_way_that_is_looked_for():
    with pytest.raises(OperationalError) as error, connection.cursor() as cursor:
        cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END $$")

    assert is_retriable(error.value)


def test_it_keeps_the_name_and_the_words_of_the_verb():
    @act
    def ship_order(*, order: int) -> int:
        """Ship it."""
        return order

    assert (ship_order.__name__, ship_order.__doc__) == ("ship_order", "Ship it.")
