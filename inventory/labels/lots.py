"""The label of a lot, 100 × 60 mm: read by people from two steps away, and by any scanner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from inventory.gs1 import NotWritable, digital_link, elements_of, human_readable
from inventory.gs1.writing import written_order
from inventory.labels import symbols
from inventory.labels.pages import MARGIN, Pages, checked, fits

WIDTH, HEIGHT = 100.0, 60.0
INNER = WIDTH - 2 * MARGIN
SIDE = 18.0  # of each of the two square codes
TEXT = INNER - 2 * SIDE - 1
BARS_TOP = 36.5
FIXED = ("01", "17")  # elements of a length of their own; they stand in the upper bar code
DATE_LABELS = {"use_by": "USE BY", "best_before": "BEST BEFORE"}


@dataclass(frozen=True, slots=True)
class LotLabel:
    """What stands on a lot's label. ``units`` is told where it is a case's; ``note`` is free."""

    product_name: str
    sku: str
    barcode: str
    lot_number: str = ""
    expires_on: date | None = None
    date_kind: str = ""
    units: int | None = None
    merchant: str = ""
    note: str = ""


def lot_labels(labels: Sequence[LotLabel], *, title: str, domain: str, now: datetime) -> bytes:
    """One page for each label. ``domain`` is that of the Digital Links; raises TooManyLabels."""
    checked(labels)
    pages = Pages(width=WIDTH, height=HEIGHT, title=title, now=now)
    for label in labels:
        pages.add_page()
        _put_words(pages, label)
        try:
            elements = elements_of(
                barcode=label.barcode,
                lot_number=label.lot_number,
                expires_on=label.expires_on,
                units=label.units,
                year=now.year,
            )
        except NotWritable as reason:
            _put_plain(pages, label, reason.message)
        else:
            _put_gs1(pages, elements, domain=domain, year=now.year)
    return bytes(pages.output())


def _put_words(pages: Pages, label: LotLabel) -> None:
    """Product, lot, expiry and units, the expiry largest."""
    y = pages.put_lines(label.product_name, x=MARGIN, y=2.5, width=TEXT, size=9, most=2)
    of = f"{label.sku} · {label.merchant}" if label.merchant else label.sku
    pages.put(of, x=MARGIN, y=y, width=TEXT, size=7.5, least=5.5)
    pages.put("LOT", x=MARGIN, y=14.2, width=TEXT, size=6, grey=True)
    pages.put_whole(label.lot_number or "–", x=MARGIN, y=16.4, width=TEXT, size=15, split_at=8)
    name = DATE_LABELS.get(label.date_kind, "EXPIRES") if label.expires_on else "EXPIRY"
    pages.put(name, x=MARGIN, y=22.8, width=TEXT, size=6, grey=True)
    expiry = label.expires_on.isoformat() if label.expires_on else "none"
    pages.put(expiry, x=MARGIN, y=25.2, width=TEXT, size=22, bold=True)
    units = f"{label.units:,} unit{'s' if label.units != 1 else ''}" if label.units else ""
    told = " · ".join(part for part in (units, label.note) if part)
    pages.put(told, x=MARGIN, y=33.2, width=INNER, size=7, least=5)


def _put_gs1(pages: Pages, elements: dict[str, str], *, domain: str, year: int) -> None:
    ordered = written_order(elements, year=year)
    left = WIDTH - MARGIN - 2 * SIDE
    matrix, link = (
        symbols.gs1_data_matrix(ordered),
        symbols.qr(digital_link(elements, domain=domain)),
    )
    pages.put_matrix(matrix, x=left, y=8, side=SIDE - 2)
    pages.put("GS1 DataMatrix", x=left, y=25, width=SIDE - 2, size=5, centred=True, grey=True)
    pages.put_matrix(link, x=left + SIDE - 2, y=6, side=SIDE + 2)
    pages.put(
        "Digital Link", x=left + SIDE - 2, y=25, width=SIDE + 2, size=5, centred=True, grey=True
    )
    codes = _split(ordered)
    each = (HEIGHT - 1.5 - BARS_TOP) / len(codes)
    for place, code in enumerate(codes):
        top = BARS_TOP + place * each
        bars = symbols.gs1_128(code)
        pages.put_bars(bars, x=MARGIN, y=top, width=INNER, height=each - 4)
        text = human_readable(code)
        y = top + each - 3.6
        pages.put(text, x=MARGIN, y=y, width=INNER, size=7.5, least=5, centred=True)


def _split(elements: dict[str, str]) -> list[dict[str, str]]:
    """In one bar code, or in two where one would have bars too narrow for a scanner."""
    if fits(symbols.gs1_128(elements), INNER):
        return [elements]
    fixed = {name: value for name, value in elements.items() if name in FIXED}
    return [fixed, {name: value for name, value in elements.items() if name not in fixed}]


def _put_plain(pages: Pages, label: LotLabel, reason: str) -> None:
    """The lot number as plain codes, and why they are no more than that."""
    left = WIDTH - MARGIN - SIDE
    if label.lot_number:
        pages.put_matrix(symbols.qr(label.lot_number), x=left, y=6, side=SIDE)
        text = "Lot number only"
        pages.put(text, x=left - 4, y=25, width=SIDE + 4, size=5, centred=True, grey=True)
    bars = symbols.code_128(label.lot_number) if label.lot_number else None
    if bars and fits(bars, INNER):
        pages.put_bars(bars, x=MARGIN, y=BARS_TOP, width=INNER, height=13)
        y = BARS_TOP + 13.5
        pages.put(label.lot_number, x=MARGIN, y=y, width=INNER, size=8, least=4, centred=True)
    text = f"No GS1 codes: {reason}."
    pages.put(text, x=MARGIN, y=HEIGHT - 5, width=INNER, size=7, least=5, centred=True)
