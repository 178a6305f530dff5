"""Moving units: one posting, its movements, and every number that follows from them."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from inventory.availability import IS_BLOCKED_SQL
from inventory.errors import InsufficientStock, OtherLotInLocation, UnitsCommitted
from inventory.kinds import MAY_GO_NEGATIVE, VIRTUAL
from inventory.ledger import cases, promises
from inventory.ledger.acts import Act, Place, Progress, Transfer
from inventory.models import Location, Lot, Posting, PostingKind, Product
from merchants.columns import execute, fetch, moment, values

OPEN_BALANCES = f"""
INSERT INTO inventory_balance (merchant_id, product_id, lot_id, location_id, warehouse_id,
    location_kind, location_mixed, on_hand, committed, expires_on, is_blocked)
SELECT product.merchant_id, product.id, lot.id, loc.id, loc.warehouse_id,
    loc.kind, loc.mixed, 0, 0, lot.expires_on, {IS_BLOCKED_SQL.format(product="product.id")}
FROM {{values}}
JOIN inventory_product product ON product.id = v.product_id
JOIN inventory_location loc ON loc.id = v.location_id
LEFT JOIN inventory_lot lot ON lot.id = v.lot_id
WHERE NOT EXISTS (SELECT 1 FROM inventory_balance b WHERE b.product_id = v.product_id
    AND b.lot_key = COALESCE(v.lot_id, 0) AND b.location_id = v.location_id)
ORDER BY v.n
ON CONFLICT (product_id, lot_key, location_id) DO NOTHING
"""
READ_BALANCES = """
SELECT b.product_id, b.location_id, b.lot_id, b.id, b.on_hand, b.committed, b.location_kind
FROM {values}
JOIN inventory_balance b ON b.product_id = v.product_id
    AND b.lot_key = COALESCE(v.lot_id, 0) AND b.location_id = v.location_id
"""
CHANGE_BALANCES = """
UPDATE inventory_balance SET on_hand = on_hand + v.units, committed = committed - v.kept
FROM {values} WHERE inventory_balance.id = v.id
"""
# What stands beside units that come in, or comes in with them.
FIND_MIXTURE = """
WITH rising AS (SELECT v.id, v.n FROM {values})
SELECT other.product_id, other.lot_id, other.location_id
FROM rising
JOIN inventory_balance b ON b.id = rising.id
JOIN inventory_balance other ON other.product_id = b.product_id
    AND other.location_id = b.location_id AND other.id <> b.id
WHERE NOT b.location_mixed
    AND (other.on_hand > 0 OR other.id IN (SELECT id FROM rising))
    AND (%s = 0 OR (b.lot_key <> 0 AND other.lot_key <> 0))
ORDER BY rising.n, other.id LIMIT 1
"""
INSERT_MOVEMENTS = """
INSERT INTO inventory_movement (posting_id, merchant_id, product_id, source_id, target_id, quantity)
SELECT %s, %s, v.product_id, v.source_id, v.target_id, v.quantity
FROM {values} ORDER BY v.n
"""
STAMP_FIRST_RECEIPT = """
UPDATE inventory_lot SET received_at = %s
WHERE received_at IS NULL AND id IN (SELECT v.id FROM {values})
"""
PROGRESS_SUPPLIES = """
UPDATE inventory_supply
SET received = inventory_supply.received + v.received,
    stowed = inventory_supply.stowed + v.stowed
FROM {values} WHERE inventory_supply.id = v.id
"""


class Standing(NamedTuple):
    """A balance as it stands before the act."""

    id: int
    on_hand: int
    committed: int
    kind: str


Standings = dict[tuple[int, Place], Standing]


def post(act: Act, transfers: Sequence[Transfer], *, progress: Sequence[Progress] = ()) -> Posting:
    """Move units, all or nothing, in a number of statements that does not grow with them.

    Opens missing balances, moves, keeps the promises that a shipment fulfils, opens and works off
    quarantine cases, counts the progress of supplies, stamps a lot's first receipt. The caller
    holds the locks of the products (and of the locations that units enter).

    Raises: InsufficientStock, UnitsCommitted, OtherLotInLocation; ValueError where a transfer
    touches quarantine without naming its case.
    """
    standings = open_balances(_ends(transfers))
    cases.check(transfers, {key: standing.kind for key, standing in standings.items()})
    _change_balances(act, transfers, standings)
    posting = Posting.objects.create(
        merchant_id=act.merchant_id,
        kind=act.kind,
        reference=act.reference,
        actor=act.actor,
        reason=act.reason,
        occurred_at=act.now,
        recorded_at=act.now,
    )
    _insert_movements(act, posting, transfers, standings)
    _stamp_first_receipt(act, transfers, standings)
    _keep_promises(transfers)
    _progress_supplies(progress)
    cases.work_off(transfers)
    cases.open(act, transfers, {key: standing.id for key, standing in standings.items()})
    return posting


def _ends(transfers: Sequence[Transfer]) -> list[tuple[int, Place]]:
    """Both ends of every transfer, once each."""
    ends = ((t.product_id, place) for t in transfers for place in (t.source, t.target))
    return list(dict.fromkeys(ends))


def open_balances(ends: Sequence[tuple[int, Place]]) -> Standings:
    """The balances of these (product, place) pairs; missing ones are opened at 0. 2 statements."""
    fragment, params = values(
        {
            "product_id": [product_id for product_id, _ in ends],
            "lot_id": [place.lot_id for _, place in ends],
            "location_id": [place.location_id for _, place in ends],
        }
    )
    execute(OPEN_BALANCES.format(values=fragment), params)
    rows = fetch(READ_BALANCES.format(values=fragment), params)
    return {
        (product_id, Place(location_id, lot_id)): Standing(*standing)
        for product_id, location_id, lot_id, *standing in rows
    }


def _change_balances(act: Act, transfers: Sequence[Transfer], standings: Standings) -> None:
    """Decreases first: the one-lot-per-bin index is checked row by row."""
    units: Counter[tuple[int, Place]] = Counter()
    kept: Counter[tuple[int, Place]] = Counter()
    for one in transfers:
        units[one.product_id, one.source] -= one.quantity
        units[one.product_id, one.target] += one.quantity
        kept[one.product_id, one.source] += one.fulfils.quantity if one.fulfils else 0
    falling = [key for key in units if units[key] < 0 or kept[key]]
    rising = [key for key in units if units[key] > 0 and not kept[key]]
    for key in falling:
        _require_units(key, standings[key], taken=-units[key], kept=kept[key])
    for keys in (falling, rising):
        if not keys:
            continue
        columns = {
            "id": [standings[key].id for key in keys],
            "units": [units[key] for key in keys],
            "kept": [kept[key] for key in keys],
        }
        fragment, params = values(columns)
        if keys is rising:
            _refuse_mixture(act, columns["id"])
        execute(CHANGE_BALANCES.format(values=fragment), params)


def _require_units(key: tuple[int, Place], standing: Standing, *, taken: int, kept: int) -> None:
    if standing.kind in MAY_GO_NEGATIVE:
        return
    free = standing.on_hand - standing.committed + kept
    if taken <= free:
        return
    product_id, place = key
    facts: dict[str, Any] = {
        "sku": Product.objects.values_list("sku", flat=True).get(pk=product_id),
        "location": Location.objects.values_list("name", flat=True).get(pk=place.location_id),
        "requested": taken,
        "available": free,
    }
    if taken <= standing.on_hand:
        message = (
            "{requested} units of {sku} are asked for at {location}, but only {available} "
            "of those there are not promised to orders."
        )
        raise UnitsCommitted(message=message.format(**facts), **facts)
    message = "{requested} units of {sku} are asked for at {location}, where {available} are free."
    raise InsufficientStock(message=message.format(**facts), **facts)


def _refuse_mixture(act: Act, balance_ids: Sequence[int]) -> None:
    """Lots are kept apart; units without a lot share a bin only after a partial assignment.

    A merge of lots leaves them together where they are.
    """
    fragment, params = values({"id": balance_ids})
    stamping = int(act.kind in (PostingKind.ASSIGN_LOT, PostingKind.MERGE_LOTS))
    mixture = fetch(FIND_MIXTURE.format(values=fragment), [*params, stamping])
    if not mixture:
        return
    product_id, lot_id, location_id = mixture[0]
    sku = Product.objects.values_list("sku", flat=True).get(pk=product_id)
    name = Location.objects.values_list("name", flat=True).get(pk=location_id)
    other = f"lot {Lot.objects.get(pk=lot_id)}" if lot_id else "units without a lot"
    raise OtherLotInLocation(
        message=f"{name} holds {other} of {sku}. Lots are kept apart: choose an empty location.",
        sku=sku,
        location=name,
        lot_id=lot_id,
    )


def _insert_movements(
    act: Act, posting: Posting, transfers: Sequence[Transfer], standings: Standings
) -> None:
    fragment, params = values(
        {
            "product_id": [one.product_id for one in transfers],
            "source_id": [standings[one.product_id, one.source].id for one in transfers],
            "target_id": [standings[one.product_id, one.target].id for one in transfers],
            "quantity": [one.quantity for one in transfers],
        }
    )
    execute(INSERT_MOVEMENTS.format(values=fragment), [posting.pk, act.merchant_id, *params])


def _stamp_first_receipt(act: Act, transfers: Sequence[Transfer], standings: Standings) -> None:
    entered = {
        one.target.lot_id
        for one in transfers
        if one.target.lot_id and standings[one.product_id, one.target].kind not in VIRTUAL
    }
    if entered:
        fragment, params = values({"id": sorted(entered)})
        execute(STAMP_FIRST_RECEIPT.format(values=fragment), [moment(act.now), *params])


def _keep_promises(transfers: Sequence[Transfer]) -> None:
    kept = [one.fulfils for one in transfers if one.fulfils]
    if not kept:
        return
    shipped: Counter[int] = Counter()
    for one in kept:
        shipped[one.demand_id] += one.quantity
    promises.end(kept)
    lowered = Counter({pk: -units for pk, units in shipped.items()})
    promises.progress_demands(allocated=lowered, shipped=shipped)


def _progress_supplies(progress: Sequence[Progress]) -> None:
    if not progress:
        return
    received: Counter[int] = Counter()
    stowed: Counter[int] = Counter()
    for one in progress:
        received[one.supply_id] += one.received
        stowed[one.supply_id] += one.stowed
    ids = sorted({*received, *stowed})
    fragment, params = values(
        {
            "id": ids,
            "received": [received[pk] for pk in ids],
            "stowed": [stowed[pk] for pk in ids],
        }
    )
    execute(PROGRESS_SUPPLIES.format(values=fragment), params)
