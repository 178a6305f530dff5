"""Files that are handed in: told by what they hold, not by what they are called."""

import pytest
from django.core.files.base import ContentFile

from inventory.models import Lot
from merchants.errors import Malformed
from merchants.uploads import PAPERS, PICTURES, accepts, checked, stored_name

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.mark.parametrize(
    ("data", "given", "name", "media_type"),
    [
        (PNG, "box.png", "box.png", "image/png"),
        (b"\xff\xd8\xff\xe0JFIF", "box.jpeg", "box.jpg", "image/jpeg"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "box.webp", "box.webp", "image/webp"),
        (b"%PDF-1.7\n", "coa.exe", "coa.pdf", "application/pdf"),
        (b"%PDF-1.7\n", r"C:\papers\coa 1.PDF", "coa 1.pdf", "application/pdf"),
        (b"%PDF-1.7\n", "../../etc/passwd", "passwd.pdf", "application/pdf"),
        (b"%PDF-1.7\n", "a\r\nSet-Cookie: b", "aSet-Cookie: b.pdf", "application/pdf"),
        (b"%PDF-1.7\n", "", "file.pdf", "application/pdf"),
        (b"%PDF-1.7\n", "x" * 300, "x" * 116 + ".pdf", "application/pdf"),
    ],
)
def test_a_file_is_known_by_how_it_begins(data, given, name, media_type):
    upload = checked(ContentFile(data, name=given), allowed=PAPERS)
    assert (upload.name, upload.media_type, upload.data) == (name, media_type, data)
    assert upload.content.read() == data


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "empty.pdf", "file_empty"),
        (b"<svg onload=alert(1)>", "box.png", "file_type_not_allowed"),
        (b"<html>", "coa.pdf", "file_type_not_allowed"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "sound.webp", "file_type_not_allowed"),
        (b"%PDF-1.7\n", "photo.jpg", "file_type_not_allowed"),
        (PNG + b"\0" * 1024 * 1024, "large.png", "file_too_large"),
    ],
)
def test_other_files_are_refused(settings, data, name, code):
    settings.UPLOAD_MAX_MEGABYTES = 1
    with pytest.raises(Malformed) as refusal:
        checked(ContentFile(data, name=name), allowed=PICTURES, field="photo")
    assert (refusal.value.code, refusal.value.errors[0]["field"]) == (code, "photo")


def test_the_largest_file_passes(settings):
    settings.UPLOAD_MAX_MEGABYTES = 1
    data = PNG.ljust(1024 * 1024, b"\0")
    assert len(checked(ContentFile(data, name="a.png"), allowed=PICTURES).data) == 1024 * 1024


def test_it_is_read_from_its_beginning_whoever_read_it_before():
    file = ContentFile(PNG, name="box.png")
    first, again = (checked(file, allowed=PICTURES) for _ in range(2))
    assert first == again


def test_the_stored_name_tells_nothing():
    first, second = (stored_name(Lot(), "coa.pdf") for _ in range(2))
    assert first != second
    folder, _, name = first.partition("/")
    assert (folder, len(name), name.isalnum()) == ("inventory.lot", 32, True)


def test_a_form_says_what_it_accepts():
    assert accepts(PICTURES) == "image/jpeg,image/png,image/webp"
