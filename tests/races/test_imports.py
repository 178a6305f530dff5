"""The same file is imported twice at once. Seen with the locks off first."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import pytest
from django.test import Client

from inventory.models import Product
from inventory.spreadsheets.screens import GONE
from inventory.spreadsheets.uploads import Upload, keep
from merchants.models import Event, User
from tests.builders import World, house
from tests.inventory.admin import browser, says
from tests.inventory.sheets import PRODUCTS, comma
from tests.locks import locks_off
from tests.races.clients import (
    FEW,
    ROUNDS,
    Clients,
    Gate,
    Round,
    rounds,
    sound,
    told,
)
from tests.races.stock import products

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def people(world: World) -> list[User]:
    return [house(), User.objects.create_superuser("ada", password="x")]


def upload(person: User, data: bytes) -> str:
    """The token of a file that was looked at and waits for its confirmation."""
    return keep(Upload("products.csv", data, person.pk, PRODUCTS, {}))


def confirm(window: Client, token: str) -> str:
    """Press the button below the preview; what the person is told."""
    response = window.post(PRODUCTS, {"step": "confirm", "upload": token})
    if response.status_code == 302:
        return says(response)[-1]
    (refusal,) = response.context["result"].refusals
    return str(refusal)


def sheet(world: World, known: Product, *, makes_new: bool) -> bytes:
    """Renames a product; makes another one too."""
    rows = [[world.merchant.code, known.sku, "Named"], [world.merchant.code, new(known), "New"]]
    return comma(["merchant", "sku", "name"], *rows[: 1 + makes_new])


def new(known: Product) -> str:
    return f"{known.sku}-NEW"


def import_at_once(
    clients: Clients, turn: Round, known: Product, windows: list[Client], tokens: list[str]
) -> list[Any]:
    acts = [partial(confirm, *pair) for pair in zip(windows, tokens, strict=True)]
    row = Gate(Product, [known.pk])
    return clients.meet(turn, acts, lock=row, write=row)


def happened(known: Product) -> Counter[tuple[str, str]]:
    """(topic, SKU) of everything about the products of this round."""
    rows = Event.objects.filter(payload__sku__in=[known.sku, new(known)])
    return Counter(rows.order_by().values_list("topic", "payload__sku"))


def once(known: Product, *, makes_new: bool) -> Counter[tuple[str, str]]:
    """What happens to them where the file takes effect once."""
    topics = [("product.created", known.sku), ("product.updated", known.sku)]
    return Counter([*topics, ("product.created", new(known))][: 2 + makes_new])


def test_without_locks_a_file_takes_effect_twice(
    world: World, clients: Clients, people: list[User]
) -> None:
    windows = [browser(person) for person in people]
    with locks_off():
        for turn, known in zip(rounds(FEW), products(world, FEW), strict=True):
            tokens = [upload(one, sheet(world, known, makes_new=False)) for one in people]
            told(import_at_once(clients, turn, known, windows, tokens))
            if happened(known) != once(known, makes_new=False):
                return
    raise AssertionError("the race was not seen")


def test_a_file_of_two_people_takes_effect_once(
    world: World, clients: Clients, people: list[User]
) -> None:
    windows = [browser(person) for person in people]
    for turn, known in zip(rounds(), products(world, ROUNDS), strict=True):
        makes_new = bool(turn.number % 2)
        tokens = [upload(one, sheet(world, known, makes_new=makes_new)) for one in people]
        answers = import_at_once(clients, turn, known, windows, tokens)
        assert told(answers) == ("done", "done")
        done = f"Imported products: {int(makes_new)} new, 1 changed, 0 as they were."
        first = turn.first if turn.first is not None else answers.index(done)
        assert answers[first] == done
        if turn.first is None:
            after = f"Imported products: 0 new, 0 changed, {1 + makes_new} as they were."
            assert answers[1 - first] in (_meanwhile(known, done, makes_new=makes_new), after)
        else:
            assert answers[1 - first] == _meanwhile(known, done, makes_new=makes_new)
        assert happened(known) == once(known, makes_new=makes_new)
    assert set(Product.objects.values_list("name", flat=True)) <= {"Named", "New"}
    sound()


def _meanwhile(known: Product, done: str, *, makes_new: bool) -> str:
    """What the second is told who had read the file's rows before the first was done.

    That a product has the name which the file gives it is as true for the second.
    """
    return f"The SKU {new(known)} is taken." if makes_new else done


def test_an_upload_that_is_confirmed_in_two_windows_takes_effect_once(
    world: World, clients: Clients, people: list[User]
) -> None:
    windows = [browser(people[0]) for _ in range(2)]
    for turn, known in zip(rounds(), products(world, ROUNDS), strict=True):
        token = upload(people[0], sheet(world, known, makes_new=True))
        answers = import_at_once(clients, turn, known, windows, [token, token])
        assert told(answers) == ("done", "done")
        done = "Imported products: 1 new, 1 changed, 0 as they were."
        first = turn.first if turn.first is not None else answers.index(done)
        assert (answers[first], answers[1 - first]) == (done, GONE)
        assert happened(known) == once(known, makes_new=True)
    sound()
