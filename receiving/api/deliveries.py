"""deliveries/: boxes that came without a WRO."""

from __future__ import annotations

from typing import Any

import django_filters

from inventory.models import Warehouse
from merchants.api import fields
from merchants.api.filters import StrictFilterSet, TextFilter
from merchants.api.serializers import StrictSerializer
from merchants.api.views import (
    CreateMixin,
    ListMixin,
    RetrieveMixin,
    ScopedViewSet,
    merchant_by_code,
    verb,
)
from merchants.errors import Malformed, NotFound
from receiving.api.discrepancies import NewPhotoSerializer, PhotoSerializer
from receiving.api.serializers import ReceiveSerializer, counts
from receiving.models import WRO, UnidentifiedDelivery
from receiving.queries import with_open_discrepancies
from receiving.querysets import DeliveryQuerySet
from receiving.services import (
    add_photo,
    close_delivery,
    link_delivery,
    receive_delivery,
    record_delivery,
)

Status = UnidentifiedDelivery.Status


class DeliverySerializer(StrictSerializer):
    """Boxes that nobody announced; `merchant` is null while nobody knows whose they are."""

    id = fields.Id(read_only=True)
    number = fields.Text(read_only=True)
    merchant = fields.Text(max_length=32, allow_null=True, default=None)
    warehouse = fields.Related(Warehouse.objects.all, "code")
    status = fields.Choice(choices=Status.choices, read_only=True)
    carrier = fields.Text(max_length=64, allow_blank=True, default="")
    tracking_number = fields.Text(max_length=64, allow_blank=True, default="")
    boxes = fields.Quantity(max_value=10_000, default=1)
    note = fields.Text(max_length=500, allow_blank=True, default="")
    due_at = fields.Time(read_only=True)
    recorded_at = fields.Time(read_only=True)
    wro = fields.Text(read_only=True, allow_null=True)
    discrepancies = fields.Integer(
        read_only=True, help_text="How many of its discrepancies are open."
    )
    photos = PhotoSerializer(many=True, read_only=True)


class ReceiveDeliverySerializer(ReceiveSerializer):
    """What was counted, and whose it is where that is not known yet."""

    merchant = fields.Text(max_length=32, required=False)


class LinkSerializer(StrictSerializer):
    """The WRO that it belongs to."""

    wro = fields.Id()


class WhySerializer(StrictSerializer):
    """Why, in words."""

    note = fields.Text(max_length=500)


class DeliveryFilters(StrictFilterSet):
    status = django_filters.ChoiceFilter(choices=Status.choices)
    warehouse = TextFilter(field_name="warehouse__code")
    tracking_number = TextFilter()


class DeliveryViewSet(ListMixin, RetrieveMixin, CreateMixin, ScopedViewSet):
    """Unidentified deliveries: boxes without a WRO, and what became of them."""

    model = UnidentifiedDelivery
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilters
    staff_only = ("create",)
    names_merchant = ()

    def rows(self, rows: DeliveryQuerySet) -> DeliveryQuerySet:
        related = rows.select_related("merchant", "warehouse", "wro")
        return with_open_discrepancies(related).prefetch_related("photos")

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        if args:
            many = kwargs.get("many")
            args = ([delivery_answer(o) for o in args[0]] if many else delivery_answer(args[0]),)
        return super().get_serializer(*args, **kwargs)

    def make(self, data: dict[str, Any]) -> UnidentifiedDelivery:
        code = data.pop("merchant")
        merchant = merchant_by_code(code) if code else None
        return record_delivery(
            fields={**data, "merchant": merchant},  # type: ignore[typeddict-item]
            actor=self.actor,
            now=self.now,
        )

    @verb(body=ReceiveDeliverySerializer, staff=True)
    def receive(self, row: UnidentifiedDelivery, data: dict[str, Any]) -> UnidentifiedDelivery:
        """Take counted units to quarantine, each product and lot with a discrepancy."""
        code = data.get("merchant")
        merchant = merchant_by_code(code) if code else row.merchant
        if merchant is None:
            raise Malformed("required", "Say whose units they are.", field="merchant")
        return receive_delivery(
            delivery_id=row.pk,
            merchant=merchant,
            counts=counts(data, merchant),
            actor=self.actor,
            now=self.now,
        )

    @verb(body=LinkSerializer, staff=True)
    def link(self, row: UnidentifiedDelivery, data: dict[str, Any]) -> UnidentifiedDelivery:
        """Say which WRO it belongs to: what that still expects of it goes to the dock."""
        if not WRO.objects.for_user(self.actor).filter(pk=data["wro"]).exists():
            raise NotFound()
        return link_delivery(delivery_id=row.pk, wro_id=data["wro"], actor=self.actor, now=self.now)

    @verb(body=WhySerializer, staff=True)
    def return_to_merchant(
        self, row: UnidentifiedDelivery, data: dict[str, Any]
    ) -> UnidentifiedDelivery:
        """It went back unopened."""
        return self.close(row, Status.RETURNED, data)

    @verb(body=WhySerializer, staff=True)
    def dispose(self, row: UnidentifiedDelivery, data: dict[str, Any]) -> UnidentifiedDelivery:
        """It was destroyed unopened."""
        return self.close(row, Status.DISPOSED, data)

    @verb(body=NewPhotoSerializer, staff=True, takes_file=True)
    def add_photo(self, row: UnidentifiedDelivery, data: dict[str, Any]) -> UnidentifiedDelivery:
        """Keep a picture of it."""
        add_photo(delivery_id=row.pk, upload=data["file"], actor=self.actor, now=self.now)
        return row

    def close(
        self, row: UnidentifiedDelivery, outcome: str, data: dict[str, Any]
    ) -> UnidentifiedDelivery:
        return close_delivery(
            delivery_id=row.pk,
            outcome=outcome,
            note=data["note"],
            actor=self.actor,
            now=self.now,
        )


def delivery_answer(one: Any) -> dict[str, Any]:
    """The shape of a delivery, to be written by ``DeliverySerializer``."""
    names = ("id", "number", "status", "carrier", "tracking_number", "boxes", "note", "due_at",
             "recorded_at", "warehouse")  # fmt: skip
    return {name: getattr(one, name) for name in names} | {
        "merchant": one.merchant.code if one.merchant else None,
        "wro": one.wro.number if one.wro else None,
        "discrepancies": one.open_discrepancies,
        "photos": list(one.photos.all()),
    }
