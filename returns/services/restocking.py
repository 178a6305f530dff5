"""Finding the bins for units that go back to stock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from inventory.errors import NoLocationFree, NotAStockLocation, OtherLotInLocation
from inventory.kinds import BINS, VIRTUAL
from inventory.locks import share_locations
from inventory.models import Location
from inventory.putaway import Bin, Units, suggest_bins
from inventory.queries.bins import bins_for, wanted
from inventory.queries.lots import LotRef, find_lots
from merchants.errors import FieldError
from returns.errors import UnknownLocation
from returns.models import Return, ReturnLine
from returns.requests import Finding
from returns.services.planning import Part

Bins = Mapping[int, Location]


def candidate_bins(
    document: Return, findings: Sequence[Finding], lines: Sequence[ReturnLine]
) -> Bins:
    """The bins that could be needed, by id: those named, and those for any unit that was found.

    Raises: UnknownLocation.
    """
    names = {finding.location for finding in findings} - {""}
    here = Location.objects.filter(warehouse_id=document.warehouse_id)
    named = {one.name: one for one in here.exclude(kind__in=VIRTUAL).filter(name__in=names)}
    errors = [
        FieldError(
            field=f"lines[{place}].location",
            code=UnknownLocation.code,
            message=f"{document.warehouse} has no location {finding.location}.",
        )
        for place, finding in enumerate(findings)
        if finding.location and finding.location not in named
    ]
    if errors:
        raise UnknownLocation(message=errors[0]["message"], errors=errors)
    refs = [
        LotRef(line.product_id, finding.lot_number, finding.expires_on)
        for finding, line in zip(findings, lines, strict=True)
    ]
    lots = find_lots(refs)
    units = {
        wanted(line.product, lots[ref].pk if ref in lots else None)
        for ref, line in zip(refs, lines, strict=True)
    }
    bins = bins_for(units, document.warehouse_id, spare=len(names))
    ids = {one.location_id for one in bins}
    return here.in_bulk([*ids, *(one.pk for one in named.values())])


def share(bins: Bins, places: Iterable[Location]) -> None:
    """Keep these as they are while units are brought in."""
    share_locations({*bins, *(one.pk for one in places)})


def choose_bins(document: Return, parts: Sequence[Part], bins: Bins) -> list[Location]:
    """The bin for each part that is restocked: the named one, the lot's own, an empty one.

    Only among the candidates, which the caller keeps as they are. Three queries. Raises:
    NoLocationFree, NotAStockLocation, OtherLotInLocation (two lots are sent to one bin).
    """
    by_name = {one.name: one for one in bins.values()}
    chosen: dict[Units, Location] = {}
    for part in parts:
        if part.finding.location:
            location = by_name[part.finding.location]
            _require_bin(location)
            chosen.setdefault(_units(part), location)
    named = {part.finding.location for part in parts} - {""}
    free = [part for part in parts if _units(part) not in chosen]
    if free:
        units = {wanted(part.line.product, part.lot.pk if part.lot else None) for part in free}
        found = bins_for(units, document.warehouse_id, spare=len(named), among=bins)
        usable = [one for one in found if one.name not in named]
        chosen.update(_suggested(document, free, usable, bins))
    targets = [
        by_name[part.finding.location] if part.finding.location else chosen[_units(part)]
        for part in parts
    ]
    _refuse_two_lots_in_a_bin(parts, targets)
    return targets


def _suggested(
    document: Return, parts: Sequence[Part], usable: Sequence[Bin], bins: Bins
) -> dict[Units, Location]:
    units = [wanted(part.line.product, part.lot.pk if part.lot else None) for part in parts]
    chosen: dict[Units, Location] = {}
    for part, suggestion in zip(parts, suggest_bins(usable, units), strict=True):
        if suggestion is None:
            raise NoLocationFree(
                message=f"No bin is free for {part.line.product.sku}: name a location, or add an "
                f"empty one to {document.warehouse}.",
                sku=part.line.product.sku,
            )
        chosen[_units(part)] = bins[suggestion.location_id]
    return chosen


def _units(part: Part) -> Units:
    return (part.line.product_id, part.lot.pk if part.lot else None)


def _require_bin(location: Location) -> None:
    if location.kind not in BINS:
        raise NotAStockLocation(
            message=f"{location.name} is a {location.get_kind_display().lower()} area: restock "
            "into a storage or staging location."
        )


def _refuse_two_lots_in_a_bin(parts: Sequence[Part], targets: Sequence[Location]) -> None:
    """The ledger refuses it too; here a preview learns of it."""
    first: dict[tuple[int, int], Part] = {}
    for part, target in zip(parts, targets, strict=True):
        other = first.setdefault((target.pk, part.line.product_id), part)
        if _units(other) != _units(part) and not target.mixed:
            raise OtherLotInLocation(
                message=f"{target.name} would hold {other.lot or 'units without a lot'} and "
                f"{part.lot or 'units without a lot'} of {part.line.product.sku}. Lots are kept "
                "apart: choose another location.",
                location=target.name,
            )
