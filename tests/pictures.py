"""Pictures to hand in."""

from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image


def picture(name: str = "box.png", format: str = "PNG") -> SimpleUploadedFile:
    """A small picture that any program can open."""
    data = BytesIO()
    Image.new("RGB", (8, 6), "brown").save(data, format)
    return SimpleUploadedFile(name, data.getvalue())
