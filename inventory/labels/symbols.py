"""Barcodes as rows of dark and light modules. Which modules, zxing-cpp knows."""

from __future__ import annotations

from dataclasses import dataclass

import zxingcpp
from zxingcpp import BarcodeFormat

DARK = 0
# Light modules that a reader needs around a symbol (GS1 General Specifications 5.4 and 5.6, QR
# Code: ISO/IEC 18004).
QUIET = {"linear": 10, "matrix": 1, "qr": 4}


@dataclass(frozen=True, slots=True)
class Symbol:
    """A barcode. ``runs`` are its dark rectangles in modules: left, top, width, height."""

    width: int
    height: int
    quiet: int
    runs: tuple[tuple[int, int, int, int], ...]


def gs1_128(elements: dict[str, str]) -> Symbol:
    return _linear(zxingcpp.create_barcode(_bracketed(elements), BarcodeFormat.Code128, gs1=True))


def gs1_data_matrix(elements: dict[str, str]) -> Symbol:
    content = _bracketed(elements)
    made = zxingcpp.create_barcode(content, BarcodeFormat.DataMatrix, gs1=True, force_square=True)
    return _matrix(made, QUIET["matrix"])


def qr(text: str) -> Symbol:
    told = {} if text.isascii() else {"eci": "UTF-8"}
    made = zxingcpp.create_barcode(text, BarcodeFormat.QRCode, ec_level="M", **told)
    return _matrix(made, QUIET["qr"])


def code_128(text: str) -> Symbol | None:
    """None where the text holds what Code 128 has no sign for."""
    if not (text.isascii() and text.isprintable()):
        return None
    return _linear(zxingcpp.create_barcode(text, BarcodeFormat.Code128))


def _bracketed(elements: dict[str, str]) -> str:
    """As the library takes elements. No element may hold a square bracket; round ones it may."""
    return "".join(f"[{identifier}]{value}" for identifier, value in elements.items())


def _linear(made: zxingcpp.Barcode) -> Symbol:
    rows = _rows(made)
    return Symbol(len(rows[0]), 1, QUIET["linear"], tuple(_runs(rows[:1])))


def _matrix(made: zxingcpp.Barcode, quiet: int) -> Symbol:
    rows = _rows(made)
    return Symbol(len(rows[0]), len(rows), quiet, tuple(_runs(rows)))


def _rows(made: zxingcpp.Barcode) -> list[bytes]:
    """One byte for each module, without the quiet zone."""
    # An image is a buffer of rows and columns, which its stub does not say.
    image = memoryview(made.to_image(scale=1, add_quiet_zones=False))  # type: ignore[arg-type]
    flat, height = bytes(image), len(image)
    width = len(flat) // height
    return [flat[at : at + width] for at in range(0, len(flat), width)]


def _runs(rows: list[bytes]) -> list[tuple[int, int, int, int]]:
    """Dark modules as few rectangles: joined along a row, and down where rows repeat."""
    done: list[tuple[int, int, int, int]] = []
    open_runs: dict[tuple[int, int], int] = {}  # left and width: the row it began in
    for top, row in enumerate([*rows, b""]):
        here = set(_dark_runs(row))
        for run in [run for run in open_runs if run not in here]:
            began = open_runs.pop(run)
            done.append((run[0], began, run[1], top - began))
        for run in here:
            open_runs.setdefault(run, top)
    return sorted(done)


def _dark_runs(row: bytes) -> list[tuple[int, int]]:
    runs = []
    left = 0
    while (left := row.find(DARK, left)) >= 0:
        right = left
        while right < len(row) and row[right] == DARK:
            right += 1
        runs.append((left, right - left))
        left = right
    return runs
