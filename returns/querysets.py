"""Chainable filters of returns."""

from __future__ import annotations

from typing import Self

from django.db.models import Q

from merchants.querysets import ScopedQuerySet


class ReturnQuerySet(ScopedQuerySet):
    def search(self, words: str) -> Self:
        """Returns whose number or reference contains ``words``, or that name its SKU or lot."""
        match = (
            Q(reference__icontains=words)
            | Q(lines__product__sku__icontains=words)
            | Q(lines__lot__number__icontains=words)
            | Q(lines__dispositions__lot_number__icontains=words)
        )
        digits = words.upper().removeprefix("RET-")
        if digits.isascii() and digits.isdigit() and len(digits) < 19:
            match |= Q(pk=int(digits))
        return self.filter(pk__in=self.model.objects.filter(match).order_by().values("pk"))
