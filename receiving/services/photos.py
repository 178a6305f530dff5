"""Pictures of what is wrong."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

from PIL import Image

from merchants.errors import Malformed, NotFound
from merchants.models import User
from merchants.transactions import act
from merchants.uploads import Upload
from receiving.models import Discrepancy, Photo, UnidentifiedDelivery

MOST_PHOTOS = 20  # of one discrepancy or delivery


@act
def add_photo(
    *,
    actor: User,
    now: datetime,
    upload: Upload,
    discrepancy_id: int | None = None,
    delivery_id: int | None = None,
) -> Photo:
    """Keep a picture of a discrepancy or of a delivery.

    Raises: NotFound, Malformed `file_type_not_allowed` (it cannot be opened as the picture that
    it says it is), `too_many_photos`.
    """
    if discrepancy_id is not None:
        of: Discrepancy | UnidentifiedDelivery | None
        of = Discrepancy.objects.for_user(actor).filter(pk=discrepancy_id).first()
    else:
        of = UnidentifiedDelivery.objects.for_user(actor).filter(pk=delivery_id).first()
    if of is None:
        raise NotFound()
    _require_picture(upload)
    if of.photos.count() >= MOST_PHOTOS:
        message = f"There are {MOST_PHOTOS} photos already."
        raise Malformed("too_many_photos", message, field="file")
    kind = {"discrepancy": of} if isinstance(of, Discrepancy) else {"delivery": of}
    return Photo.objects.create(
        **kind,
        merchant_id=of.merchant_id,
        file=upload.content,
        name=upload.name,
        media_type=upload.media_type,
        added_at=now,
        added_by=actor,
    )


def _require_picture(upload: Upload) -> None:
    """Read it through, as a browser would: what only begins like a picture is none."""
    try:
        with Image.open(BytesIO(upload.data)) as picture:
            picture.verify()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as wrong:
        raise Malformed(
            "file_type_not_allowed", "The file is no picture that can be read.", field="file"
        ) from wrong
