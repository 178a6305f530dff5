"""Boxes without a WRO, a photo of one, a rule about shelf life, and a food of the FDA's list."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO

from django.core.files.base import ContentFile
from PIL import Image, ImageDraw

from inventory.models import Product, Warehouse
from inventory.services.products import create_product
from merchants.models import Merchant, User
from merchants.uploads import PICTURES, checked
from receiving.announcement import AnnouncedLine, AnnouncedLot
from receiving.models import UnidentifiedDelivery
from receiving.services import (
    Count,
    FactFields,
    add_photo,
    announce_wro,
    arrive_wro,
    receive,
    receive_delivery,
    record_delivery,
    save_rule,
    write_receipt_facts,
)
from receiving.services.deliveries import DeliveryFields

HOURS = timedelta(hours=1)


def tell_of_discrepancies(
    actor: User, now: datetime, merchant: Merchant, warehouse: Warehouse, product: Product
) -> None:
    """Two deliveries, one of them received; and a rule of what may arrive for Amazon."""
    save_rule(actor=actor, now=now, merchant=merchant, fields={"channel": "fba", "min_days": 90})
    told: DeliveryFields = {"warehouse": warehouse, "carrier": "UPS", "boxes": 2}
    opened = record_delivery(actor=actor, now=now - 50 * HOURS, fields=told)
    _photograph(actor, now - 49 * HOURS, opened)
    counts = [Count(product, 6)]
    receive_delivery(
        actor=actor,
        now=now - 48 * HOURS,
        delivery_id=opened.pk,
        merchant=merchant,
        counts=counts,
    )
    unopened: DeliveryFields = {"warehouse": warehouse, "carrier": "DHL", "boxes": 1}
    unopened["tracking_number"] = f"1Z{merchant.pk:04}LOST01"
    record_delivery(actor=actor, now=now - 3 * HOURS, fields=unopened)


def tell_of_a_listed_food(
    actor: User, now: datetime, merchant: Merchant, warehouse: Warehouse
) -> None:
    """A nut butter at the dock, of whose receipt the paper is not known yet."""
    food = create_product(
        actor=actor,
        now=now,
        merchant=merchant,
        fields={
            "sku": "ALMOND-BUTTER",
            "name": "Almond butter, 12 oz",
            "is_lot_product": True,
            "is_ftl": True,
            "ftl_category": "nut_butters",
        },
    )
    best_before = warehouse.today(now) + timedelta(days=240)
    line = AnnouncedLine(food, 48, (AnnouncedLot("AB-2207", best_before, 48),))
    wro = announce_wro(
        actor=actor,
        now=now - 60 * HOURS,
        merchant=merchant,
        fields={"warehouse": warehouse, "reference": "PO-ALMOND"},
        lines=[line],
    )
    arrive_wro(actor=actor, now=now - 5 * HOURS, wro_id=wro.pk)
    facts: FactFields = {"previous_source": "Central Valley Nuts, 12 Orchard Road, Modesto CA"}
    counts = [Count(food, 48, "AB-2207", best_before)]
    receive(actor=actor, now=now - 4 * HOURS, wro_id=wro.pk, counts=counts)
    write_receipt_facts(actor=actor, now=now - 4 * HOURS, wro_id=wro.pk, fields=facts)


def _photograph(actor: User, now: datetime, delivery: UnidentifiedDelivery) -> None:
    """A box on a floor, for the page and for the discrepancy that comes of it."""
    picture = Image.new("RGB", (480, 320), "#9a9a94")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((110, 90, 370, 280), fill="#b98a56", outline="#7d5a33", width=4)
    draw.rectangle((225, 90, 255, 280), fill="#d8c39a")
    data = BytesIO()
    picture.save(data, "PNG")
    upload = checked(ContentFile(data.getvalue(), name="box.png"), allowed=PICTURES)
    add_photo(actor=actor, now=now, upload=upload, delivery_id=delivery.pk)
