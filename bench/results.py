"""Rows of the table of results, and how they are shown and kept."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
DIRECTORY = ROOT / "var" / "bench"
LAST = DIRECTORY / "last.json"
DOCUMENT = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- the last table: begin -->", "<!-- the last table: end -->"
HEAD = (
    "measure",
    "balances",
    "ours",
    "twin",
    "ratio",
    "p50",
    "p99",
    "statements",
    "rows",
    "must reach",
    "",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One measure: ours beside its twin, in ``unit``, each once for every repeat.

    ``ratio`` is that of a repeat's ours to the same repeat's twin, the median of all. ``rows`` are
    those that one act writes, or reads where it only reads.
    """

    measure: str
    name: str
    unit: str
    ours: Sequence[float]
    target: str
    reached: bool | None
    twin: Sequence[float] = ()
    twin_name: str = ""
    p50: float | None = None
    p99: float | None = None
    statements: int | None = None
    rows: int | None = None
    twin_rows: int | None = None
    note: str = ""
    balances: int = 0

    def on(self, balances: int) -> Row:
        """The same, told on which data set."""
        return replace(self, balances=balances)

    @property
    def ratio(self) -> float | None:
        return ratio(self.ours, self.twin) if self.twin else None

    def cells(self) -> list[str]:
        rows = "" if self.rows is None else f"{self.rows:,}"
        if self.twin_rows not in (None, self.rows):
            rows += f" ({self.twin_rows:,})"
        twin = f"{_figure(self.twin)} {self.twin_name}".strip() if self.twin else ""
        reached = {True: "reached", False: "**missed**", None: ""}[self.reached]
        return [
            f"{self.name}, {self.unit}",
            f"{self.balances:,}",
            _figure(self.ours),
            twin,
            "" if self.ratio is None else _shown(self.ratio, self.unit),
            _milliseconds(self.p50),
            _milliseconds(self.p99),
            "" if self.statements is None else str(self.statements),
            rows,
            self.target,
            f"{reached} {self.note}".strip(),
        ]


def ratio(ours: Sequence[float], twin: Sequence[float]) -> float:
    """The median of the ratios of each repeat: a neighbour's noise hits both sides of one."""
    return median(mine / other for mine, other in zip(ours, twin, strict=True))


def _shown(value: float, unit: str) -> str:
    return f"{value:.0%}" if unit.endswith("/s") else f"{value:.1f} ×"


def _figure(values: Sequence[float]) -> str:
    middle = median(values)
    digits = 0 if middle >= 100 else 1 if middle >= 10 else 2
    return f"{middle:,.{digits}f}"


def _milliseconds(value: float | None) -> str:
    return "" if value is None else f"{value:,.1f} ms"


@dataclass(slots=True)
class Results:
    """The last rows of every measure, and the machine they were measured on."""

    machine: Mapping[str, str]
    rows: list[Row] = field(default_factory=list)
    name: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y%m%d-%H%M%S}")

    @classmethod
    def with_last(cls, machine: Mapping[str, str]) -> Results:
        """Begin with what was measured before, which a measure that is run again replaces."""
        told = json.loads(LAST.read_text())["rows"] if LAST.exists() else []
        names = {one.name for one in fields(Row)}
        rows = [Row(**{k: v for k, v in row.items() if k in names}) for row in told]
        return cls(machine, rows)

    def replace(self, measure: str, balances: int, rows: Sequence[Row]) -> None:
        """Put these rows in place of the last ones of this measure on this data set."""
        same = [(one.measure, one.balances) == (measure, balances) for one in self.rows]
        place = same.index(True) if any(same) else len(self.rows)
        kept = [one for one, is_same in zip(self.rows, same, strict=True) if not is_same]
        self.rows = [*kept[:place], *rows, *kept[place:]]

    def in_order(self, measures: Sequence[str]) -> None:
        self.rows.sort(key=lambda row: measures.index(row.measure))

    def table(self) -> str:
        cells = [list(HEAD), ["--"] * len(HEAD), *(row.cells() for row in self.rows)]
        return "\n".join(f"| {' | '.join(row)} |" for row in cells)

    def keep(self) -> Path:
        """Write everything as JSON, also under the time of the run; returns that file."""
        DIRECTORY.mkdir(parents=True, exist_ok=True)
        rows = [asdict(row) | {"ratio": row.ratio} for row in self.rows]
        text = json.dumps({"machine": self.machine, "rows": rows}, indent=1) + "\n"
        path = DIRECTORY / f"{self.name}.json"
        for one in (path, LAST):
            one.write_text(text)
        return path

    def document(self) -> None:
        """Put the table and the machine into docs/performance.md, in place of the last ones."""
        told = "\n".join(f"| {name} | {value} |" for name, value in self.machine.items())
        text = f"{BEGIN}\n\n{self.table()}\n\n| machine | |\n| -- | -- |\n{told}\n\n{END}"
        page = DOCUMENT.read_text()
        DOCUMENT.write_text(page.partition(BEGIN)[0] + text + page.partition(END)[2])


def machine(settings: Mapping[str, str]) -> dict[str, str]:
    """What the figures were measured on."""
    cpu = re.search(r"model name\s*: (.*)", _read("/proc/cpuinfo"))
    memory = re.search(r"MemTotal:\s*(\d+)", _read("/proc/meminfo"))
    server = ", ".join(f"{name} {value}" for name, value in settings.items() if name != VERSION)
    return {
        "measured on": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "processor": cpu[1] if cpu else platform.machine(),
        "cores": str(os.cpu_count()),
        "memory": f"{int(memory[1]) / 2**20:.0f} GiB" if memory else "",
        "load before it began": f"{os.getloadavg()[0]:.1f}",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "PostgreSQL": f"{settings[VERSION]}, on the same machine: {server}",
    }


VERSION = "server_version"


def _read(path: str) -> str:
    return Path(path).read_text() if Path(path).exists() else ""
