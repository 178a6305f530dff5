"""lots/: registered, corrected, activated, deleted, assigned to a location."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from inventory.api.disposals import DisposalSerializer, NewDisposalSerializer
from inventory.api.lot_formats import (
    DrawnSerializer,
    DrawSerializer,
    ReadSerializer,
    SaidSerializer,
)
from inventory.api.lot_merges import MergedSerializer, MergeSerializer
from inventory.api.lot_papers import AttachmentSerializer, NewAttachmentSerializer
from inventory.api.shapes import Codes, Country, real_location, sku_of
from inventory.models import Balance, Channel, Lot, Movement, Supply, lot_key
from inventory.queries.lot_list import for_list
from inventory.queries.said import said
from inventory.querysets import LotQuerySet
from inventory.services import activation
from inventory.services.activation import (
    LONGEST_REASON,
    MOST_LOTS,
    preview_activity,
    set_activity,
)
from inventory.services.disposals import request_disposal
from inventory.services.lot_attachments import attach_to_lot
from inventory.services.lot_merges import Wish, merge_lots, preview_merge
from inventory.services.lot_numbers import draw_lot_number
from inventory.services.lots import create_lot, delete_lot, update_lot
from inventory.services.stock import assign_lot
from merchants.api import fields
from merchants.api.filters import BooleanFilter, DateFilter, DayFilter, StrictFilterSet, TextFilter
from merchants.api.serializers import StrictSerializer
from merchants.api.views import (
    CreateMixin,
    DestroyMixin,
    ListMixin,
    RetrieveMixin,
    ScopedViewSet,
    UpdateMixin,
    collection_verb,
    verb,
)
from merchants.columns import among
from merchants.errors import NotFound

MOST_ORDERS = 1_000  # told of one by one when lots are activated or deactivated


class StandingSerializer(StrictSerializer):
    """Units of the lot at one location."""

    location = fields.Text(source="location.name")
    location_id = fields.Id()
    warehouse = fields.Text(source="warehouse.code")
    on_hand = fields.Integer()
    committed = fields.Integer()


class LotSerializer(StrictSerializer):
    """A lot has a number, an expiry date, or both."""

    id = fields.Id(read_only=True)
    sku = sku_of(source="product")
    number = fields.LotNumber()
    supplier_number = fields.LotNumber()
    expires_on = fields.Expiry()
    manufactured_on = fields.Expiry()
    supplier = fields.Text(required=False, allow_blank=True, max_length=100)
    production_run = fields.Text(required=False, allow_blank=True, max_length=64)
    only_countries = Codes(Country())
    never_countries = Codes(Country())
    only_channels = Codes(fields.Choice(choices=Channel.choices))
    is_active = fields.Boolean(required=False)
    received_at = fields.Time(read_only=True, allow_null=True)
    days_remaining = serializers.SerializerMethodField()
    merged_into = fields.Id(source="merged_into_id", read_only=True, allow_null=True)
    also_known_as = serializers.SerializerMethodField()
    locations = StandingSerializer(source="standing", many=True, read_only=True)
    confirm_new = fields.Boolean(
        required=False,
        write_only=True,
        help_text="It is another lot than the one whose number looks like it.",
    )

    @extend_schema_field(serializers.ListField(child=fields.Text()))
    def get_also_known_as(self, lot: Any) -> list[str]:
        """Numbers of lots that were merged into this one."""
        return [one.number for one in lot.merged_lots.all() if one.number]

    @extend_schema_field(fields.Integer(allow_null=True))
    def get_days_remaining(self, lot: Any) -> int | None:
        days: int | None = lot.days_remaining(lot.today)
        return days


class BulkUpdateSerializer(StrictSerializer):
    """Lots to be activated or deactivated together."""

    ids = serializers.ListField(child=fields.Id(), allow_empty=False, max_length=MOST_LOTS)
    is_active = fields.Boolean()
    reason = fields.Text(required=False, allow_blank=True, default="", max_length=LONGEST_REASON)
    dry_run = fields.Boolean(required=False, default=False)


class OrderEffectSerializer(StrictSerializer):
    """Units of one order that were taken back, and what it got instead."""

    order = fields.Text(source="number", help_text="The number of the order or set-aside.")
    released = fields.Integer()
    regained = fields.Integer()
    backordered = fields.Integer()


class EffectSerializer(StrictSerializer):
    """What it does to orders, in units; `orders` has the first 1,000."""

    changed = fields.Integer(help_text="Lots that were not so before.")
    released = fields.Integer()
    regained = fields.Integer()
    backordered = fields.Integer()
    orders = OrderEffectSerializer(many=True)


class BulkUpdateAnswer(StrictSerializer):
    """The lots as they are now, in the order of their ids, and what it did to orders."""

    results = LotSerializer(many=True)
    effect = EffectSerializer()
    dry_run = fields.Boolean()


class AssignSerializer(StrictSerializer):
    """Where units without a lot get this one; `quantity` null means all of them."""

    location = fields.Id()
    quantity = fields.Quantity(required=False, allow_null=True)


class LotFilters(StrictFilterSet):
    sku = TextFilter(field_name="product__sku")
    number = TextFilter(method="by_number")
    is_active = BooleanFilter()
    expires_before = DateFilter(field_name="expires_on", lookup_expr="lt")
    expires_after = DateFilter(field_name="expires_on", lookup_expr="gt")
    manufactured_before = DateFilter(field_name="manufactured_on", lookup_expr="lt")
    manufactured_after = DateFilter(field_name="manufactured_on", lookup_expr="gt")
    received_before = DayFilter(field_name="received_at", lookup_expr="lt")
    received_after = DayFilter(field_name="received_at", lookup_expr="gt")
    supplier = TextFilter(lookup_expr="iexact")
    production_run = TextFilter(lookup_expr="iexact")
    wro = TextFilter(method="by_wro")

    def by_number(self, rows: LotQuerySet, name: str, value: str) -> LotQuerySet:
        """By our number, an old one of a merged lot, or the supplier's, whatever the case."""
        key = lot_key(value)
        ours = Q(number_key=key) | Q(pk__in=aliases(key)) if key else Q(pk=None)
        return rows.filter(ours | Q(supplier_number__iexact=value.strip()))

    def by_wro(self, rows: LotQuerySet, name: str, value: str) -> LotQuerySet:
        """By the number of a submitted WRO, or its id."""
        is_id = value.isascii() and value.isdigit() and len(value) < 19
        number = f"WRO-{int(value):06d}" if is_id else value
        return rows.filter(Exists(Supply.objects.filter(lot=OuterRef("pk"), wro_number=number)))


def aliases(key: str) -> Any:
    """Ids of the lots into which one of this number was merged."""
    merged = Lot.objects.filter(number_key=key, merged_into__isnull=False)
    return merged.order_by().values("merged_into_id")


def standing() -> Any:
    """Where a lot's units stand; with a balance of 0 only where it was assigned beforehand."""
    moved = Movement.objects.filter(Q(source=OuterRef("pk")) | Q(target=OuterRef("pk")))
    return (
        Balance.objects.in_house()
        .filter(Q(on_hand__gt=0) | ~Exists(moved))
        .select_related("location", "warehouse")
        .order_by("id")
    )


class LotViewSet(ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, DestroyMixin, ScopedViewSet):
    """Lots, with where their units stand."""

    model = Lot
    serializer_class = LotSerializer
    filterset_class = LotFilters

    def rows(self, rows: LotQuerySet) -> LotQuerySet:
        units = Prefetch("balances", queryset=standing(), to_attr="standing")
        lots = for_list(rows.select_related("product", "merchant"), self.now)
        return lots.prefetch_related(units, "merged_lots")

    def make(self, data: dict[str, Any]) -> Lot:
        product, confirm_new = data.pop("product"), data.pop("confirm_new", False)
        return create_lot(
            product=product,
            fields=data,
            confirm_new=confirm_new,
            actor=self.actor,
            now=self.now,
        )

    def change(self, row: Lot, data: dict[str, Any]) -> Lot:
        product, confirm_new = data.pop("product", None), data.pop("confirm_new", False)
        return update_lot(
            lot_id=row.pk,
            fields=data,
            product=product,
            confirm_new=confirm_new,
            actor=self.actor,
            now=self.now,
        )

    def remove(self, row: Lot) -> None:
        delete_lot(lot_id=row.pk, actor=self.actor, now=self.now)

    @collection_verb(body=BulkUpdateSerializer, answer=BulkUpdateAnswer)
    def bulk_update(self, data: dict[str, Any]) -> dict[str, Any]:
        """Activate or deactivate lots together, all or none. Nothing else of them changes."""
        ids = set(data["ids"])
        if Lot.objects.for_user(self.actor).filter(pk__in=among(ids)).count() != len(ids):
            raise NotFound()
        do = preview_activity if data["dry_run"] else set_activity
        wishes = dict.fromkeys(ids, activation.Wish(data["is_active"], data["reason"]))
        done = do(wishes=wishes, actor=self.actor, now=self.now)
        return {
            "results": self.get_queryset().filter(pk__in=among(ids)).order_by("id"),
            "effect": {
                "changed": done.changed,
                "released": done.released,
                "regained": done.regained,
                "backordered": done.backordered,
                "orders": done.orders[:MOST_ORDERS],
            },
            "dry_run": data["dry_run"],
        }

    @extend_schema(responses={201: DisposalSerializer})
    @verb(body=NewDisposalSerializer, answer=DisposalSerializer, url_path="disposal-requests")
    def request_disposal(self, row: Lot, data: dict[str, Any]) -> Response:
        """Ask the house to destroy units of the lot or to send them back."""
        made = request_disposal(lot=row, actor=self.actor, now=self.now, **data)
        return Response(DisposalSerializer(made).data, status=201)

    @verb(body=AssignSerializer)
    def assign_to_location(self, row: Lot, data: dict[str, Any]) -> Lot:
        """Stamp the units without a lot at a location with this lot."""
        location = real_location(data["location"])
        assign_lot(
            lot_id=row.pk,
            location_id=location.pk,
            quantity=data.get("quantity"),
            actor=self.actor,
            now=self.now,
        )
        return row

    @collection_verb(body=DrawSerializer, answer=DrawnSerializer, names_merchant=True)
    def draw_number(self, data: dict[str, Any]) -> Any:
        """The next lot number of a product by its format; no other draw ever gets it."""
        words = {name.upper(): data[name] for name in ("supplier", "line") if name in data}
        return draw_lot_number(
            product=data["product"],
            day=data["date"],
            words=words,
            actor=self.actor,
            now=self.now,
        )

    @collection_verb(body=ReadSerializer, answer=SaidSerializer, names_merchant=True)
    def read_number(self, data: dict[str, Any]) -> Any:
        """What a typed number says by the product's format, and which lots look like it."""
        return said(data["product"], data["number"])

    @extend_schema(responses={201: AttachmentSerializer})
    @verb(body=NewAttachmentSerializer, answer=AttachmentSerializer, takes_file=True)
    def attachments(self, row: Lot, data: dict[str, Any]) -> Response:
        """Keep a paper with the lot, such as its certificate of analysis."""
        made = attach_to_lot(
            lot_id=row.pk,
            upload=data["file"],
            kind=data["kind"],
            note=data["note"],
            actor=self.actor,
            now=self.now,
        )
        return Response(AttachmentSerializer(made).data, status=201)

    @verb(body=MergeSerializer, answer=MergedSerializer, staff=True)
    def merge_into(self, row: Lot, data: dict[str, Any]) -> dict[str, Any]:
        """Book the units of a mistyped lot over to the one that they are of."""
        do = preview_merge if data["dry_run"] else merge_lots
        wish = Wish(row.pk, data["target"], data.get("expiry", ""), data["reason"])
        merged = do(wish=wish, actor=self.actor, now=self.now)
        return {
            "source": merged.source,
            "target": merged.target,
            "quantity": merged.quantity,
            "moves": merged.moves,
            "promises": merged.promises,
            "dry_run": data["dry_run"],
        }
