"""Files that people hand in: photos of damage, certificates. Checked by what they hold, kept under
a name that tells nothing, and handed out as attachments only, by views that ask who may see them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.db.models import Model
from django.http import HttpResponse
from django.utils.http import content_disposition_header

from merchants.errors import Malformed

LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: how it begins, and what it is called."""

    media_type: str
    suffix: str
    begins: bytes
    then: bytes = b""  # at byte 8, as in RIFF files


PNG = Kind("image/png", ".png", b"\x89PNG\r\n\x1a\n")
JPEG = Kind("image/jpeg", ".jpg", b"\xff\xd8\xff")
WEBP = Kind("image/webp", ".webp", b"RIFF", b"WEBP")
PDF = Kind("application/pdf", ".pdf", b"%PDF-")
PICTURES = (JPEG, PNG, WEBP)
PAPERS = (PDF, *PICTURES)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that passed: its name for people, its kind, and what it holds."""

    name: str
    media_type: str
    data: bytes

    @property
    def content(self) -> ContentFile:
        """What a `FileField` is given; the field names the file itself (`stored_name`)."""
        return ContentFile(self.data, name=self.name)


def checked(file: File, *, allowed: tuple[Kind, ...], field: str = "file") -> Upload:
    """The file, where it is one of these kinds and not too large (`UPLOAD_MAX_MEGABYTES`).

    Its kind is told by how it begins; what the client calls it decides nothing. Raises: Malformed
    `file_empty`, `file_too_large` or `file_type_not_allowed`.
    """
    most = settings.UPLOAD_MAX_MEGABYTES * 1024 * 1024
    file.seek(0)  # an act that is tried again has read it before
    data = file.read(most + 1)
    if not data:
        raise Malformed("file_empty", "The file is empty.", field=field)
    if len(data) > most:
        message = f"The file is larger than {settings.UPLOAD_MAX_MEGABYTES} MB."
        raise Malformed("file_too_large", message, field=field)
    for kind in allowed:
        if data.startswith(kind.begins) and data[8:].startswith(kind.then):
            return Upload(_name(file.name or "", kind), kind.media_type, data)
    suffixes = ", ".join(kind.suffix[1:].upper() for kind in allowed)
    message = f"The file is none of {suffixes}."
    raise Malformed("file_type_not_allowed", message, field=field)


def accepts(allowed: tuple[Kind, ...]) -> str:
    """For the `accept` of a file input."""
    return ",".join(kind.media_type for kind in allowed)


def stored_name(instance: Model, name: str) -> str:
    """`upload_to` of a `FileField`: a folder per table, a name that cannot be guessed and that has
    no suffix by which a server might run it or a browser show it."""
    return f"{instance._meta.label_lower}/{uuid4().hex}"


def handed_out(file: Any, *, name: str, media_type: str) -> HttpResponse:
    """The file as an attachment. The caller has looked who asks."""
    with file.open("rb") as opened:
        response = HttpResponse(opened.read(), content_type=media_type)
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _name(given: str, kind: Kind) -> str:
    """A name for people: without a path and what cannot be printed, with the kind's suffix."""
    last = PurePath(given.replace("\\", "/")).name
    stem = "".join(c for c in PurePath(last).stem if c.isprintable()).strip(". ")
    return f"{stem[: LONGEST_NAME - len(kind.suffix)] or 'file'}{kind.suffix}"
