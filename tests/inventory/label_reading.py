"""Labels looked at as a scanner sees them: rendered, and decoded from the picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pypdfium2
import zxingcpp

PRINTER = 203  # dots per inch
PRINTED = zxingcpp.barcode_formats_from_str("Code128,DataMatrix,QRCode")


class Code(NamedTuple):
    """What a scanner reports. ``symbology`` tells GS1 codes (]C1 ]d2) from plain ones (]C0 ]Q1)."""

    symbology: str
    is_gs1: bool
    text: str

    @property
    def scanned(self) -> str:
        """As a keyboard wedge types it."""
        return self.symbology + self.text


def codes_on(pdf: bytes, *, dpi: int = PRINTER) -> Iterator[list[Code]]:
    """The codes on each page, by symbology."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        for page in document:
            picture = page.render(scale=dpi / 72, grayscale=True).to_pil()
            found = zxingcpp.read_barcodes(picture, formats=PRINTED, try_rotate=False)
            yield sorted(_code(one) for one in found)
    finally:
        document.close()


def texts_on(pdf: bytes) -> list[str]:
    """The text of each page, in one line."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    finally:
        document.close()
    return [" ".join(text.split()) for text in pages]


def size_of(pdf: bytes) -> tuple[int, int]:
    """Of the first page, in millimetres."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        width, height = document[0].get_size()
    finally:
        document.close()
    return round(width / 72 * 25.4), round(height / 72 * 25.4)


def _code(one: zxingcpp.Barcode) -> Code:
    is_gs1 = one.content_type == zxingcpp.ContentType.GS1
    return Code(one.symbology_identifier, is_gs1, one.bytes.decode())
