"""Holds what the clients wrote down against what the database has: every breach in a sentence.

Pure: the log, the facts and the snapshots are plain values, so that a doctored one shows whether a
breach would be found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fire.log import Intent, Try
from tests.fire.roles import PLENTY, RECALLED

Intents = Mapping[str, Intent]

# What may be refused by a rule, because another client was faster or nothing is on the shelf.
REFUSALS = {
    "create": set(),
    "adjust": set(),
    "hold": set(),
    "release": set(),
    "cancel": set(),
    "ship": {"nothing_allocated"},
}
RECOVERY_SECONDS = 30


@dataclass(frozen=True)
class Outage:
    """The database went at `stopped_at` and was told to come back at `started_at`."""

    stopped_at: float
    started_at: float


@dataclass
class Story:
    """All that was seen of one run."""

    world: Any
    intents: Intents
    facts: Any
    snapshots: Sequence[Any] = ()
    outages: Sequence[Outage] = field(default_factory=list)


def breaches(story: Story) -> list[str]:
    """Everything that is not as promised; nothing where all is well."""
    rules = (
        _every_request_is_answered,
        _refusals_are_those_of_the_rules,
        _a_key_has_one_answer,
        _a_key_has_one_effect,
        _answers_are_kept,
        _acknowledged_orders_are_there,
        _promises_stand,
        _units_are_all_there,
        _no_unit_is_sold_twice,
        _held_lots_are_promised_to_nobody,
        _the_ledger_is_its_balances,
        _outages_are_told,
    )
    return [breach for rule in rules for breach in rule(story)]


# Answers ------------------------------------------------------------------------------------------


def _every_request_is_answered(story: Story) -> Iterator[str]:
    for one in story.intents.values():
        if one.answer is None:
            yield f"{one.key}: no answer to {one.kind} after {len(one.tries)} tries"
        for sending in one.tries:
            if sending.status == 503 and not sending.retry_after:
                yield f"{one.key}: 503 without Retry-After"
            if sending.status is not None and sending.status >= 500 and sending.status != 503:
                yield f"{one.key}: {sending.status} {sending.body}"


def _refusals_are_those_of_the_rules(story: Story) -> Iterator[str]:
    for one in story.intents.values():
        for sending in one.tries:
            refused = sending.status is not None and 400 <= sending.status < 500
            if refused and not sending.is_to_be_repeated and not _may_be_refused(one, sending):
                yield f"{one.key}: {one.kind} refused, {sending.status} {sending.body}"


def _may_be_refused(intent: Intent, sending: Try) -> bool:
    return sending.status == 409 and sending.code in REFUSALS[intent.kind]


def _a_key_has_one_answer(story: Story) -> Iterator[str]:
    for one in story.intents.values():
        done = [sending for sending in one.tries if sending.is_done]
        if any((other.status, other.body) != (done[0].status, done[0].body) for other in done):
            yield f"{one.key}: was told different things"


# Effects ------------------------------------------------------------------------------------------


def _a_key_has_one_effect(story: Story) -> Iterator[str]:
    """What was acknowledged happened once, what was refused never, and nothing else happened."""
    for kind, told in story.facts["effects"].items():
        intents = [one for one in story.intents.values() if one.kind == kind]
        expected = {_mark(one): int(one.done is not None) for one in intents}
        effects = Counter(told)
        for mark in sorted({*expected, *effects}):
            wanted = expected.get(mark, 0)
            if effects[mark] != wanted:
                yield f"{mark}: {kind} took effect {effects[mark]} times, not {wanted}"


def _mark(intent: Intent) -> str:
    """What is written on the effect: the key, or that of the order or hold which is ended."""
    return intent.subject if intent.kind in ("cancel", "release") else intent.key


def _answers_are_kept(story: Story) -> Iterator[str]:
    expected = {one.key: one.done.status for one in story.intents.values() if one.done}
    kept = Counter(key for key, _ in story.facts["answers"])
    for key, status in story.facts["answers"]:
        if status != expected.get(key):
            yield f"{key}: {status} is kept, {expected.get(key)} was answered"
        if kept[key] > 1:
            yield f"{key}: kept {kept[key]} times"
    for key in sorted(expected.keys() - kept.keys()):
        yield f"{key}: no answer is kept"


# Orders -------------------------------------------------------------------------------------------


def _acknowledged_orders_are_there(story: Story) -> Iterator[str]:
    there = {one["reference"]: one for one in story.facts["orders"]}
    for one in _done(story, "create"):
        order = there.get(one.key)
        if order is None:
            yield f"{one.key}: the order is lost"
            continue
        if order["id"] != one.done.body["id"]:
            yield f"{one.key}: is order {order['id']}, {one.done.body['id']} was answered"
        asked = [(line["sku"], line["quantity"]) for line in one.body["lines"]]
        if asked != [(line["sku"], line["quantity"]) for line in order["lines"]]:
            yield f"{one.key}: the lines are not those that were ordered"


def _promises_stand(story: Story) -> Iterator[str]:
    """Where there is plenty, each line has to the end the lots that it was told at first."""
    roles = _roles(story.world)
    answers = {one.key: one.done.body for one in _done(story, "create")}
    cancelled = {one.subject for one in _done(story, "cancel")}
    shipped = {one.subject for one in _done(story, "ship")}
    for order in story.facts["orders"]:
        key = order["reference"]
        told = answers.get(key, {"lines": []})["lines"]
        for line, answered in zip(order["lines"], told, strict=False):
            has = Counter(line["allocated"]) + Counter(line["shipped"])
            if line["counted"] != [sum(line["allocated"].values()), sum(line["shipped"].values())]:
                yield f"{key}: {line['sku']} counts {line['counted']}"
            if line["is_cancelled"] != (key in cancelled):
                yield f"{key}: {line['sku']} is_cancelled {line['is_cancelled']}"
            if key in cancelled and has:
                yield f"{key}: {line['sku']} is cancelled and has {dict(has)}"
            if sum(has.values()) > line["quantity"]:
                yield f"{key}: {line['sku']} has {dict(has)}, more than was ordered"
            if roles[line["sku"]] != PLENTY or key in cancelled:
                continue
            if has != _units_by_lot(answered):
                yield f"{key}: {line['sku']} has {dict(has)}, not {dict(_units_by_lot(answered))}"
            if (key in shipped) != (sum(line["shipped"].values()) == line["quantity"]):
                yield f"{key}: {line['sku']} shipped {dict(line['shipped'])}"


def _units_by_lot(answered: Any) -> Counter[str]:
    units: Counter[str] = Counter()
    for one in answered["allocations"]:
        units[one["lot_number"]] += one["quantity"]
    return units


# Stock --------------------------------------------------------------------------------------------


def _units_are_all_there(story: Story) -> Iterator[str]:
    put = _put(story)
    for one in story.facts["stock"]:
        sku, lot = one["sku"], one["lot"]
        if one["on_hand"] + one["shipped"] != put[sku, lot]:
            have = f"{one['on_hand']} here and {one['shipped']} shipped"
            yield f"{sku} {lot}: {have}, {put[sku, lot]} put in"
        if one["is_oversold"] or one["committed"] > one["on_hand"]:
            yield f"{sku} {lot}: {one['committed']} promised of {one['on_hand']}"
    for sku, lot in sorted(put.keys() - {(one["sku"], one["lot"]) for one in story.facts["stock"]}):
        yield f"{sku} {lot}: gone"


def _no_unit_is_sold_twice(story: Story) -> Iterator[str]:
    """By the answers alone: no lot was promised to more orders than it has units.

    A cancelled order's units went to others, and a held lot's too; the first are left out here.
    """
    roles, put = _roles(story.world), _put(story)
    cancelled = {one.subject for one in _done(story, "cancel")}
    sold: Counter[tuple[str, str]] = Counter()
    for one in _done(story, "create"):
        for line in one.done.body["lines"] if one.key not in cancelled else ():
            for lot, units in _units_by_lot(line).items():
                sold[line["sku"], lot] += units
    for (sku, lot), units in sorted(sold.items()):
        if roles[sku] != RECALLED and units > put[sku, lot]:
            yield f"{sku} {lot}: {units} units promised, {put[sku, lot]} put in"


def _put(story: Story) -> Counter[tuple[str, str]]:
    """Units of each lot that came in, at first or by an acknowledged correction."""
    put = Counter(
        {
            (product["sku"], lot["number"]): lot["units"]
            for merchant in story.world["merchants"]
            for product in merchant["products"]
            for lot in product["lots"]
        }
    )
    for one in _done(story, "adjust"):
        put[one.body["sku"], one.body["lot_number"]] += one.body["quantity"]
    return put


def _held_lots_are_promised_to_nobody(story: Story) -> Iterator[str]:
    """An order sent after a hold was acknowledged, answered before anybody asked to release it."""
    lots = {
        lot["id"]: (product["sku"], lot["number"])
        for merchant in story.world["merchants"]
        for product in merchant["products"]
        for lot in product["lots"]
    }
    released = {one.subject: one.at for one in story.intents.values() if one.kind == "release"}
    orders = list(_done(story, "create"))
    for hold in _done(story, "hold"):
        sku, number = lots[hold.body["lot"]]
        until = released.get(hold.key, float("inf"))
        for order in orders:
            if order.at < hold.done.ended_at or order.done.ended_at > until:
                continue
            for line in order.done.body["lines"]:
                if line["sku"] == sku and number in _units_by_lot(line):
                    yield f"{order.key}: was promised {sku} {number}, held by {hold.key}"


def _the_ledger_is_its_balances(story: Story) -> Iterator[str]:
    for found in story.facts["differences"]:
        yield f"in the end: {found}"
    for one in story.snapshots:
        for found in one.get("differences", ()):
            yield f"meanwhile: {found}"


# The database gone --------------------------------------------------------------------------------


def _outages_are_told(story: Story) -> Iterator[str]:
    """Nothing is acknowledged without a database, somebody is told so, and orders flow again."""
    tries = [one for intent in story.intents.values() for one in intent.tries]
    done = sorted(one.done.ended_at for one in _done(story, "create"))
    for outage in story.outages:
        during = [
            one
            for one in tries
            if one.sent_at > outage.stopped_at and one.ended_at < outage.started_at
        ]
        ends = (outage.stopped_at, outage.started_at)
        if not any(one.status == 503 and ends[0] < one.ended_at < ends[1] for one in tries):
            yield "the database was gone and nobody was told 503"
        for one in during:
            if one.status not in (None, 503):
                yield f"{one.key}: {one.status} without a database"
        again = next((at for at in done if at > outage.started_at), None)
        if again is None or again - outage.started_at > RECOVERY_SECONDS:
            yield f"no order within {RECOVERY_SECONDS} s after the database came back"


def _done(story: Story, kind: str) -> Iterator[Any]:
    return (one for one in story.intents.values() if one.kind == kind and one.done)


def _roles(world: Any) -> dict[str, str]:
    return {
        product["sku"]: product["role"]
        for merchant in world["merchants"]
        for product in merchant["products"]
    }
