"""Bars as SVG: well formed, told to who does not see them, and never wider than their picture."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from inventory.charts import WIDTH, Bar, bars

COUNTS = st.lists(st.integers(0, 10**12), max_size=15)


def drawn(*rows: Bar) -> ET.Element:
    return ET.fromstring(bars("units", title="Units <1>", description="A & B", rows=rows))


def test_it_works() -> None:
    picture = drawn(Bar("Expired", 10, "bad"), Bar("0–30 days", 1_000, "warn"), Bar("Later", 0))
    assert picture.get("role") == "img"
    named = {one.get("id"): one.text for one in picture if one.get("id")}
    assert picture.get("aria-labelledby", "").split() == list(named)
    assert list(named.values()) == ["Units <1>", "A & B"]
    assert [one.text for one in picture.iter("text")] == [
        *("Expired", "10"),
        *("0–30 days", "1,000"),
        *("Later", "0"),
    ]
    boxes = [(one.get("class"), one.get("width")) for one in picture.iter("rect")]
    assert boxes == [("lw-bar lw-bar--bad", "2.1"), ("lw-bar lw-bar--warn", "212.0"),
                     ("lw-bar lw-bar--info", "0")]  # fmt: skip


@given(COUNTS)
def test_bars_stay_within_the_picture_and_are_as_long_as_they_count(counts: list[int]) -> None:
    picture = drawn(*(Bar(str(place), count) for place, count in enumerate(counts)))
    boxes = [(float(one.get("x", 0)), float(one.get("width", 0))) for one in picture.iter("rect")]
    assert all(x >= 0 and x + width <= WIDTH for x, width in boxes)
    numbers = [one for one in picture.iter("text") if one.get("class") == "lw-chart-number"]
    assert all(float(one.get("x", 0)) + 9 * len(one.text or "") <= WIDTH for one in numbers)
    widths = [width for _, width in boxes]
    assert [width > 0 for width in widths] == [count > 0 for count in counts]
    in_order = sorted(range(len(counts)), key=lambda place: counts[place])
    assert [widths[place] for place in in_order] == sorted(widths)


def test_what_is_written_is_text() -> None:
    assert "<script>" not in bars("u", title="t", description="d", rows=[Bar("<script>", 1)])
    assert "style" not in bars("u", title="t", description="d", rows=[Bar("a", 1)])
