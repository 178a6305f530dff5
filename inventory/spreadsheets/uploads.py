"""An uploaded file between its preview and its confirmation.

It is kept in the cache, which all processes share, under a name that cannot be guessed, for the
person and the page that it was uploaded on. Whoever confirms takes it away: it is imported once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import uuid4

from django.core.cache import cache
from import_export.tmp_storages import CacheStorage

TOKEN = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True)
class Upload:
    name: str
    data: bytes
    user_id: int
    page: str
    details: dict[str, str]


class UploadStorage(CacheStorage):  # type: ignore[misc]
    """Uploads, each as one entry that ends by itself."""

    CACHE_LIFETIME = 3600
    CACHE_PREFIX = "upload-"

    def take(self) -> bool:
        """Remove it; True for exactly one of those who try."""
        return bool(cache.delete(self.CACHE_PREFIX + self.name))


def keep(upload: Upload) -> str:
    """Keep an upload for an hour; the answer is its token."""
    storage = UploadStorage(name=uuid4().hex)
    storage.save(upload)
    return str(storage.name)


def kept(token: str, *, user_id: int, page: str) -> Upload | None:
    """The upload of this token, for the one who uploaded it, on the page where it was."""
    if not TOKEN.fullmatch(token):
        return None
    upload: Upload | None = UploadStorage(name=token).read()
    if upload is None or (upload.user_id, upload.page) != (user_id, page):
        return None
    return upload


def take(token: str) -> bool:
    """Take the upload away; False where somebody was faster."""
    return UploadStorage(name=token).take()
