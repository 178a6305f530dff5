"""The label of a box, 100 × 150 mm (it fits 4 × 6 in): whose it is, where to, which of how many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from inventory.labels import symbols
from inventory.labels.pages import MARGIN, Pages, checked

WIDTH, HEIGHT = 100.0, 150.0
INNER = WIDTH - 2 * MARGIN
QR_SIDE = 52.0


@dataclass(frozen=True, slots=True)
class BoxLabel:
    """One box, pallet or container (``what``) of a WRO; ``position`` is None for a WRO without."""

    wro_number: str
    merchant: str
    warehouse: str
    warehouse_name: str = ""
    what: str = "Box"
    position: int | None = None
    count: int = 0
    tracking_number: str = ""
    reference: str = ""
    expected_arrival_on: date | None = None
    contents: str = ""

    @property
    def code(self) -> str:
        """WRO-000042/3: what a scan of the label tells."""
        return self.wro_number if self.position is None else f"{self.wro_number}/{self.position}"


def box_labels(labels: Sequence[BoxLabel], *, title: str, now: datetime) -> bytes:
    """One page for each label. Raises: TooManyLabels."""
    checked(labels)
    pages = Pages(width=WIDTH, height=HEIGHT, title=title, now=now)
    for label in labels:
        pages.add_page()
        _put_words(pages, label)
        _put_codes(pages, label)
    return bytes(pages.output())


def _put_words(pages: Pages, label: BoxLabel) -> None:
    def line(name: str, text: str, *, y: float, size: float, least: float, bold: bool) -> None:
        pages.put(name, x=MARGIN, y=y, width=INNER, size=7, grey=True)
        below = y + 2.8
        pages.put(text, x=MARGIN, y=below, width=INNER, size=size, least=least, bold=bold)

    line("RECEIVING ORDER", label.wro_number, y=4, size=32, least=18, bold=True)
    if label.position is not None:
        of = f"{label.what} {label.position} of {label.count}"
        pages.put(of, x=MARGIN, y=20, width=INNER, size=26, least=14, bold=True)
    where = (
        f"{label.warehouse} · {label.warehouse_name}" if label.warehouse_name else label.warehouse
    )
    line("TO WAREHOUSE", where, y=33, size=16, least=9, bold=True)
    line("FROM", label.merchant, y=43.5, size=13, least=8, bold=False)
    arrival = f"expected {label.expected_arrival_on}" if label.expected_arrival_on else ""
    told = " · ".join(part for part in (label.reference, arrival) if part)
    line("REFERENCE", told or "–", y=53, size=11, least=7, bold=False)
    line("TRACKING NUMBER", label.tracking_number or "–", y=62, size=11, least=7, bold=False)
    if label.contents:
        pages.put(label.contents, x=MARGIN, y=70, width=INNER, size=8, least=6)


def _put_codes(pages: Pages, label: BoxLabel) -> None:
    left = (WIDTH - QR_SIDE) / 2
    pages.put_matrix(symbols.qr(label.code), x=left, y=73, side=QR_SIDE)
    bars = symbols.code_128(label.code)
    if bars:
        pages.put_bars(bars, x=MARGIN, y=125, width=INNER, height=16)
    pages.put(label.code, x=MARGIN, y=142.5, width=INNER, size=11, centred=True)
