"""lot-attachments/: certificates and other papers of lots."""

from __future__ import annotations

from typing import Any

import django_filters
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action

from inventory.models import LotAttachment
from inventory.querysets import ScopedQuerySet
from merchants.api import fields
from merchants.api.filters import IntegerFilter, StrictFilterSet, TextFilter
from merchants.api.serializers import StrictSerializer
from merchants.api.views import ListMixin, RetrieveMixin, ScopedViewSet
from merchants.uploads import PAPERS, handed_out

KINDS = LotAttachment.Kind.choices


class NewAttachmentSerializer(StrictSerializer):
    """A PDF or picture, sent as multipart/form-data."""

    file = fields.Uploaded(allowed=PAPERS)
    kind = fields.Choice(choices=KINDS, default=LotAttachment.Kind.CERTIFICATE.value)
    note = fields.Text(required=False, allow_blank=True, default="", max_length=500)


class AttachmentSerializer(StrictSerializer):
    """A paper of a lot; its `file/` is handed out as an attachment."""

    id = fields.Id()
    lot = fields.Id(source="lot_id")
    kind = fields.Choice(choices=KINDS)
    name = fields.Text()
    media_type = fields.Text()
    size_bytes = fields.Integer()
    note = fields.Text()
    uploaded_at = fields.Time()


class AttachmentFilters(StrictFilterSet):
    lot = IntegerFilter(field_name="lot_id")
    number = TextFilter(field_name="lot__number")
    sku = TextFilter(field_name="product__sku")
    kind = django_filters.ChoiceFilter(choices=KINDS)


class AttachmentViewSet(ListMixin, RetrieveMixin, ScopedViewSet):
    """Papers of lots; put there by `lots/{id}/attachments/`."""

    model = LotAttachment
    serializer_class = AttachmentSerializer
    filterset_class = AttachmentFilters

    def rows(self, rows: ScopedQuerySet) -> ScopedQuerySet:
        return rows.select_related("merchant")

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, filterset_class=None)
    def file(self, request: Any, pk: str = "") -> HttpResponse:
        """The paper itself."""
        paper = self.get_object()
        return handed_out(paper.file, name=paper.name, media_type=paper.media_type)
