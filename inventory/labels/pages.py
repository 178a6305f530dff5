"""Pages of labels: sizes, fonts, text that fits, barcodes on whole printer dots."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from fpdf import FPDF

from inventory.labels.symbols import Symbol
from merchants.errors import Malformed

MOST_LABELS = 1000  # in one PDF
FONTS = Path(__file__).parent / "fonts"
DOT = 0.125  # mm: the dot of a thermal printer of 203 dpi
LEAST_DOTS = 2  # of a module: 0.25 mm, the smallest that GS1 allows on trade items
MARGIN = 3.0  # mm
GREY = 90


class TooManyLabels(Malformed):
    code = "too_many_labels"


class Pages(FPDF):
    """A PDF of labels of one size, in millimetres from the upper left corner."""

    def __init__(self, *, width: float, height: float, title: str, now: datetime) -> None:
        super().__init__(unit="mm", format=(width, height))
        self.set_creation_date(now)
        self.set_title(title)
        self.set_margin(0)
        self.set_auto_page_break(False)
        self.add_font("Label", fname=FONTS / "DejaVuSans.ttf")
        self.add_font("Label", style="B", fname=FONTS / "DejaVuSans-Bold.ttf")

    # Text ----------------------------------------------------------------------------------------

    def put(
        self,
        text: str,
        *,
        x: float,
        y: float,
        width: float,
        size: float,
        least: float = 0,
        bold: bool = False,
        centred: bool = False,
        grey: bool = False,
    ) -> None:
        """One line whose upper edge is ``y``; made smaller to fit, then cut with an ellipsis."""
        self.set_font("Label", style="B" if bold else "", size=size)
        natural = self.get_string_width(text)
        if natural > width:
            size = max(least or size, size * width / natural * 0.99)
            self.set_font_size(size)
            text = self.cut(text, width)
        if centred:
            x += (width - self.get_string_width(text)) / 2
        self.set_text_color(GREY if grey else 0)
        self.text(x, y + size * 0.76 / self.k, text)

    def put_whole(
        self, text: str, *, x: float, y: float, width: float, size: float, split_at: float
    ) -> None:
        """A text that is never cut: smaller down to ``split_at``, below that in two lines."""
        self.set_font("Label", style="B", size=size)
        size = min(size, size * width / max(self.get_string_width(text), 0.1) * 0.99)
        lines = [text]
        if size < split_at:
            half = (len(text) + 1) // 2
            lines = [text[:half], text[half:]]
            longest = max(self.get_string_width(line) for line in lines)
            size = min(split_at, self.font_size_pt * width / longest * 0.99)
        for line in lines:
            self.put(line, x=x, y=y, width=width, size=size, bold=True)
            y += size * 1.05 / self.k

    def cut(self, text: str, width: float) -> str:
        """As much of the text as fits, in the font that is set."""
        if self.get_string_width(text) <= width:
            return text
        while text and self.get_string_width(text + "…") > width:
            text = text[:-1]
        return text.rstrip() + "…"

    def put_lines(
        self, text: str, *, x: float, y: float, width: float, size: float, most: int
    ) -> float:
        """Up to ``most`` lines broken between words; the lower edge of the last."""
        self.set_font("Label", style="B", size=size)
        words, lines = text.split(), [""]
        while words and len(lines) <= most:
            longer = f"{lines[-1]} {words[0]}".strip()
            if self.get_string_width(longer) <= width or not lines[-1]:
                lines[-1] = longer
                words.pop(0)
            elif len(lines) == most:
                lines[-1] = " ".join([lines[-1], *words])
                break
            else:
                lines.append("")
        for line in lines:
            self.put(line, x=x, y=y, width=width, size=size, bold=True)
            y += size * 1.15 / self.k
        return y

    # Barcodes ------------------------------------------------------------------------------------

    def put_matrix(self, symbol: Symbol, *, x: float, y: float, side: float) -> None:
        """A square symbol with its quiet zone in a square of ``side``, in its middle."""
        around = symbol.width + 2 * symbol.quiet
        module = module_for(around, side)
        gap = (side - symbol.width * module) / 2
        self.put_runs(symbol, x=x + gap, y=y + gap, module=module, height=module)

    def put_bars(self, symbol: Symbol, *, x: float, y: float, width: float, height: float) -> None:
        """Bars with their quiet zones in ``width``, in its middle."""
        module = module_for(symbol.width + 2 * symbol.quiet, width)
        left = x + (width - symbol.width * module) / 2
        self.put_runs(symbol, x=left, y=y, module=module, height=height)

    def put_runs(self, symbol: Symbol, *, x: float, y: float, module: float, height: float) -> None:
        """All dark parts as one path: parts of one path leave no seam between each other."""
        x, y = on_dot(x), on_dot(y)
        parts = []
        for left, top, wide, high in symbol.runs:
            lower = self.h - y - (top + high) * height
            sides = (x + left * module, lower, wide * module, high * height)
            parts.append(" ".join(f"{side * self.k:.3f}" for side in sides) + " re")
        self.set_fill_color(0)
        self._out("\n".join([*parts, "f"]))


def module_for(modules: int, space: float) -> float:
    """The widest module of whole dots with which so many fit; a part of a dot where none does."""
    dots = int(space / modules / DOT)
    return dots * DOT if dots else space / modules


def fits(symbol: Symbol, space: float) -> bool:
    """With modules that a scanner still reads."""
    return module_for(symbol.width + 2 * symbol.quiet, space) >= LEAST_DOTS * DOT


def on_dot(millimetres: float) -> float:
    return round(millimetres / DOT) * DOT


def checked(labels: Iterable[object]) -> None:
    """Raises: TooManyLabels."""
    if (count := len(list(labels))) > MOST_LABELS:
        message = f"{count:,} labels are too many for one PDF: at most {MOST_LABELS:,}."
        raise TooManyLabels(message=message)
