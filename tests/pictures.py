"""Pictures to hand in."""

from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from PIL.PngImagePlugin import PngInfo


def picture(name: str = "box.png", format: str = "PNG") -> SimpleUploadedFile:
    """A small picture that any program can open; a PNG has its name written in it."""
    data, written = BytesIO(), PngInfo()
    written.add_text("Title", name)
    more = {"pnginfo": written} if format == "PNG" else {}
    Image.new("RGB", (8, 6), "brown").save(data, format, **more)
    return SimpleUploadedFile(name, data.getvalue())
