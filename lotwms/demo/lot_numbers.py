"""How a merchant numbers its lots, an old number of one, and its certificate."""

from __future__ import annotations

from datetime import datetime

from django.core.files.base import ContentFile
from fpdf import FPDF

from inventory.models import LocationKind, Lot, LotAttachment
from inventory.services.lot_attachments import attach_to_lot
from inventory.services.lot_merges import Wish, merge_lots
from inventory.services.lot_numbers import FormatFields, create_lot_format
from inventory.services.lots import create_lot
from merchants.models import Merchant, User
from merchants.uploads import PAPERS, checked


def tell_of_lot_numbers(actor: User, now: datetime, merchant: Merchant) -> None:
    """A format, a lot that was typed in with an O for a 0, and a certificate of analysis."""
    pattern: FormatFields = {"pattern": "{YY}{MM}-{BRAND}-{PRODUCT}-{SEQ:3}"}
    pattern["brand"] = merchant.code
    create_lot_format(actor=actor, now=now, merchant=merchant, product=None, fields=pattern)
    lots = Lot.objects.filter(
        merchant=merchant,
        number__contains="0",
        is_active=True,
        balances__location_kind=LocationKind.STORAGE,
        balances__on_hand__gt=0,
    )
    lot = lots.order_by("id").select_related("product__merchant")[0]
    typed = create_lot(
        actor=actor,
        now=now,
        product=lot.product,
        fields={"number": lot.number.replace("0", "O", 1), "expires_on": lot.expires_on},
        confirm_new=True,
    )
    wish = Wish(typed.pk, lot.pk, reason="The label has a zero there.")
    merge_lots(actor=actor, now=now, wish=wish)
    paper = ContentFile(certificate(lot), name=f"certificate-{lot.number}.pdf")
    attach_to_lot(
        actor=actor,
        now=now,
        lot_id=lot.pk,
        upload=checked(paper, allowed=PAPERS),
        kind=LotAttachment.Kind.CERTIFICATE,
        note="Came with the first pallet.",
    )


def certificate(lot: Lot) -> bytes:
    """A page that says what such papers say."""
    page = FPDF()
    page.add_page()
    page.set_font("Helvetica", size=16)
    page.cell(text=f"Certificate of analysis: {lot.product.sku}, lot {lot.number}")
    return bytes(page.output())
