"""The negative controls of the checker: each lie in a true story is found."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.fire.checker import Outage, Story, breaches
from tests.fire.log import Intent, Log, Try, read
from tests.fire.roles import PLENTY, RECALLED, SCARCE


def lot(number: str, pk: int, units: int) -> dict[str, Any]:
    return {"number": number, "id": pk, "bin": pk, "units": units}


WORLD = {
    "staff": "staff",
    "merchants": [
        {
            "code": "GLOW",
            "key": "glow",
            "products": [
                {"sku": "SOAP", "role": PLENTY, "lots": [lot("L0", 1, 2), lot("L1", 2, 90)]},
                {"sku": "OIL", "role": SCARCE, "lots": [lot("L0", 3, 1)]},
                {"sku": "BALM", "role": RECALLED, "lots": [lot("L0", 4, 5), lot("L1", 5, 5)]},
            ],
        }
    ],
}


def line(sku: str, units: int, **allocated: int) -> dict[str, Any]:
    """A line as it is answered: the units of each lot promised to it."""
    promised = [{"lot_number": name, "quantity": count} for name, count in allocated.items()]
    return {"sku": sku, "quantity": units, "allocations": promised}


def has(sku: str, units: int, *, allocated: Any = (), shipped: Any = (), **fields: Any) -> Any:
    """A line as it stands in the end."""
    allocated, shipped = dict(allocated), dict(shipped)
    counted = [sum(allocated.values()), sum(shipped.values())]
    facts = {"allocated": allocated, "shipped": shipped, "counted": counted}
    return {"sku": sku, "quantity": units, "is_cancelled": False, **facts, **fields}


def intent(
    key: str, kind: str, at: float, answer: Any, *, body: Any = None, subject: str = ""
) -> Intent:
    """A request that was answered at the second try; the first answer was lost on the way."""
    lost = Try(key, at, at + 0.1, None, lost="ConnectionResetError")
    told = Try(key, at + 0.2, at + 0.3, 201, answer)
    return Intent(key, kind, 0, at, "glow", "/", body or {}, subject, [lost, told])


def order(key: str, at: float, pk: int, *lines: dict[str, Any]) -> Intent:
    asked = [{"sku": one["sku"], "quantity": one["quantity"]} for one in lines]
    return intent(key, "create", at, {"id": pk, "lines": list(lines)}, body={"lines": asked})


@pytest.fixture
def story() -> Story:
    """Three orders: one shipped, one cancelled, one while a lot was held; and a unit found."""
    found = {"sku": "OIL", "lot_number": "L0", "quantity": 1}
    told = [
        order("a", 1, 11, line("SOAP", 3, L0=2, L1=1), line("OIL", 1, L0=1)),
        order("b", 2, 12, line("SOAP", 1, L1=1)),
        intent("held", "hold", 3, {"id": 7}, body={"lot": 4}),
        order("c", 4, 13, line("BALM", 2, L1=2)),
        intent("free", "release", 5, {}, subject="held"),
        intent("gone", "ship", 6, {}, subject="a"),
        intent("off", "cancel", 7, {}, subject="b"),
        intent("more", "adjust", 8, {}, body=found),
    ]
    facts = {
        "orders": [
            {
                "id": 11,
                "reference": "a",
                "lines": [
                    has("SOAP", 3, shipped={"L0": 2, "L1": 1}),
                    has("OIL", 1, shipped={"L0": 1}),
                ],
            },
            {"id": 12, "reference": "b", "lines": [has("SOAP", 1, is_cancelled=True)]},
            {"id": 13, "reference": "c", "lines": [has("BALM", 2, allocated={"L1": 2})]},
        ],
        "effects": {
            "create": ["a", "b", "c"],
            "cancel": ["b"],
            "ship": ["gone"],
            "adjust": ["more"],
            "hold": ["held"],
            "release": ["held"],
        },
        "answers": [[one.key, 201] for one in told],
        "stock": [
            stands("SOAP", "L0", 0, 0, 2),
            stands("SOAP", "L1", 89, 0, 1),
            stands("OIL", "L0", 1, 0, 1),
            stands("BALM", "L0", 5, 0, 0),
            stands("BALM", "L1", 5, 2, 0),
        ],
        "differences": [],
    }
    refused = Try("a", 9.2, 9.3, 503, {"code": "unavailable"}, "1")
    told[-1].tries.insert(0, replace(refused, key="more"))
    after = order("d", 9.1, 14, line("SOAP", 1, L1=1))
    facts["orders"].append(
        {"id": 14, "reference": "d", "lines": [has("SOAP", 1, allocated={"L1": 1})]}
    )
    facts["effects"]["create"].append("d")
    facts["answers"].append(["d", 201])
    after.tries = [replace(refused, key="d"), Try("d", 12, 12.5, 201, after.tries[1].body)]
    intents = {one.key: one for one in [*told, after]}
    snapshots = [{"at": 5.0, "differences": [], "orders": 3}]
    return Story(WORLD, intents, facts, snapshots, [Outage(9.0, 11.0)])


def stands(sku: str, number: str, on_hand: int, committed: int, shipped: int) -> dict[str, Any]:
    units = {"on_hand": on_hand, "committed": committed, "shipped": shipped}
    return {"sku": sku, "lot": number, "is_oversold": False, **units}


def test_a_true_story_has_no_breach(story: Story) -> None:
    assert breaches(story) == []


def answer(story: Story, key: str) -> Try:
    done = story.intents[key].done
    assert done is not None
    return done


def tell(story: Story, key: str, **fields: Any) -> None:
    """Let the request be answered otherwise."""
    tries = story.intents[key].tries
    tries[-1] = replace(tries[-1], **fields)


def tell_also(story: Story, key: str, **fields: Any) -> None:
    story.intents[key].tries.append(replace(answer(story, key), **fields))


def order_of(story: Story, key: str) -> Any:
    return next(one for one in story.facts["orders"] if one["reference"] == key)


def first_line(story: Story, key: str) -> Any:
    return order_of(story, key)["lines"][0]


LIES: dict[str, tuple[Callable[[Story], Any], str]] = {
    "no answer": (
        lambda s: s.intents["a"].tries.pop(),
        "a: no answer to create after 1 tries",
    ),
    "an error": (lambda s: tell_also(s, "a", status=500, body="oops"), "a: 500 oops"),
    "a wait without an end": (
        lambda s: tell_also(s, "a", status=503),
        "a: 503 without Retry-After",
    ),
    "a refusal without a rule": (
        lambda s: tell_also(s, "a", status=409, body={"code": "conflict"}),
        "a: create refused, 409 {'code': 'conflict'}",
    ),
    "malformed": (
        lambda s: tell_also(s, "gone", status=400, body={"code": "nothing_allocated"}),
        "gone: ship refused, 400 {'code': 'nothing_allocated'}",
    ),
    "two answers": (
        lambda s: tell_also(s, "a", body={"id": 11, "lines": []}),
        "a: was told different things",
    ),
    "done twice": (
        lambda s: s.facts["effects"]["adjust"].append("more"),
        "more: adjust took effect 2 times, not 1",
    ),
    "not done": (
        lambda s: s.facts["effects"]["ship"].clear(),
        "gone: ship took effect 0 times, not 1",
    ),
    "refused and done": (
        lambda s: tell(s, "gone", status=409, body={"code": "nothing_allocated"}),
        "gone: ship took effect 1 times, not 0",
    ),
    "done for nobody": (
        lambda s: s.facts["effects"]["hold"].append("ghost"),
        "ghost: hold took effect 1 times, not 0",
    ),
    "an answer forgotten": (lambda s: s.facts["answers"].pop(0), "a: no answer is kept"),
    "a key of nobody": (
        lambda s: s.facts["answers"].append(["ghost", 201]),
        "ghost: 201 is kept, None was answered",
    ),
    "a key without an end": (
        lambda s: s.facts["answers"].__setitem__(0, ["a", None]),
        "a: None is kept, 201 was answered",
    ),
    "a key twice": (lambda s: s.facts["answers"].append(["a", 201]), "a: kept 2 times"),
    "a lost order": (lambda s: s.facts["orders"].pop(0), "a: the order is lost"),
    "another order": (
        lambda s: order_of(s, "a").update(id=99),
        "a: is order 99, 11 was answered",
    ),
    "other lines": (
        lambda s: first_line(s, "c").update(sku="OIL"),
        "c: the lines are not those that were ordered",
    ),
    "a moved promise": (
        lambda s: first_line(s, "d").update(allocated={"L0": 1}),
        "d: SOAP has {'L0': 1}, not {'L1': 1}",
    ),
    "a counter that is off": (
        lambda s: first_line(s, "d").update(counted=[2, 0]),
        "d: SOAP counts [2, 0]",
    ),
    "more than ordered": (
        lambda s: first_line(s, "c").update(allocated={"L1": 3}, counted=[3, 0]),
        "c: BALM has {'L1': 3}, more than was ordered",
    ),
    "not cancelled": (
        lambda s: first_line(s, "b").update(is_cancelled=False),
        "b: SOAP is_cancelled False",
    ),
    "cancelled and promised": (
        lambda s: first_line(s, "b").update(allocated={"L1": 1}, counted=[1, 0]),
        "b: SOAP is cancelled and has {'L1': 1}",
    ),
    "not shipped": (
        lambda s: first_line(s, "a").update(allocated={"L1": 1}, shipped={"L0": 2}, counted=[1, 2]),
        "a: SOAP shipped {'L0': 2}",
    ),
    "a unit too many": (
        lambda s: s.facts["stock"][0].update(on_hand=1),
        "SOAP L0: 1 here and 2 shipped, 2 put in",
    ),
    "oversold": (
        lambda s: s.facts["stock"][4].update(committed=6),
        "BALM L1: 6 promised of 5",
    ),
    "a lot that is gone": (lambda s: s.facts["stock"].pop(0), "SOAP L0: gone"),
    "sold twice": (
        lambda s: (
            answer(s, "d")
            .body["lines"][0]
            .update(allocations=[{"lot_number": "L0", "quantity": 1}])
        ),
        "SOAP L0: 3 units promised, 2 put in",
    ),
    "a held lot": (
        lambda s: (
            answer(s, "c")
            .body["lines"][0]
            .update(allocations=[{"lot_number": "L0", "quantity": 2}])
        ),
        "c: was promised BALM L0, held by held",
    ),
    "a difference": (lambda s: s.facts["differences"].append("off"), "in the end: off"),
    "a difference meanwhile": (
        lambda s: s.snapshots[0]["differences"].append("off"),
        "meanwhile: off",
    ),
    "acknowledged by nobody": (
        lambda s: tell(s, "off", sent_at=9.5, ended_at=9.6),
        "off: 201 without a database",
    ),
    "nobody told": (
        lambda s: [s.intents[key].tries.pop(0) for key in ("d", "more")],
        "the database was gone and nobody was told 503",
    ),
    "no recovery": (
        lambda s: tell(s, "d", ended_at=41.1),
        "no order within 30 s after the database came back",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_found(story: Story, lie: str) -> None:
    story = copy.deepcopy(story)
    change, breach = LIES[lie]
    change(story)
    assert breach in breaches(story)


def test_a_log_is_read_as_it_was_written(tmp_path: Any, story: Story) -> None:
    written = story.intents["a"]
    log = Log(tmp_path / "client-0.log")
    log.intend(written)
    for one in reversed(written.tries):
        log.tell(one)
    log.close()

    (entry,) = read([tmp_path / "client-0.log"]).values()

    assert entry == written
