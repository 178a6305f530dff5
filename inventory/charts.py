"""Bars as SVG, drawn here rather than by a script in the browser: pure, from numbers to a picture.

Colours come from classes, so that the picture follows the page into the dark; the numbers stand in
the picture as text, and in a table beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

# In units of the picture, which is as wide as its column and at most WIDTH pixels.
WIDTH, ROW, BAR = 400, 28, 17
LABELS, NUMBERS = 112, 76
DIGIT, GAP = 9, 6  # a digit of a wide font; between a bar and its number


@dataclass(frozen=True, slots=True)
class Bar:
    """``tone`` is a class of the theme: bad, warn, info or good."""

    label: str
    value: int
    tone: str = "info"


def bars(name: str, *, title: str, description: str, rows: Sequence[Bar]) -> SafeString:
    """One bar below the other, the longest as long as there is room; ``name`` is its id."""
    most = max((row.value for row in rows), default=0) or 1
    drawn = format_html_join(
        "", BAR_SVG, (_bar(place, row, most) for place, row in enumerate(rows))
    )
    return format_html(
        '<svg class="lw-chart" viewBox="0 0 {width} {height}" role="img" '
        'aria-labelledby="{name}-title {name}-desc"><title id="{name}-title">{title}</title>'
        '<desc id="{name}-desc">{description}</desc>{drawn}</svg>',
        width=WIDTH,
        height=ROW * len(rows),
        name=name,
        title=title,
        description=description,
        drawn=drawn,
    )


BAR_SVG = (
    '<text class="lw-chart-label" x="{}" y="{}" text-anchor="end">{}</text>'
    '<rect class="lw-bar lw-bar--{}" x="{}" y="{}" width="{}" height="{}" rx="3"></rect>'
    '<text class="lw-chart-number" x="{}" y="{}">{}</text>'
)


def _bar(place: int, row: Bar, most: int) -> tuple[object, ...]:
    middle, top = place * ROW + ROW // 2 + 5, place * ROW + (ROW - BAR) // 2
    room = WIDTH - LABELS - max(NUMBERS, GAP + DIGIT * len(f"{most:,}"))
    width = round(max(row.value, 0) * room / most, 1)
    width = max(width, 2) if row.value > 0 else 0  # what is there is seen, however little
    end = LABELS + width + GAP
    label = (LABELS - 8, middle, row.label)
    return (*label, row.tone, LABELS, top, width, BAR, end, middle, f"{row.value:,}")
