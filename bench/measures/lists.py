"""Every list of the admin: its first page, a deep one, each of its filters, a search."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch, reverse

from bench.measures.pages import page_row, signed_in
from bench.results import Row
from bench.run import Run

MOST_MS = 80
SEARCH_MOST_MS = 100
DEEP = 50
# What people look for in the lists that are long; what is found in none of them elsewhere.
WORDS = {
    "product": ("SKU-0042", "Serum Tea", "4000000000042"),
    "lot": ("B004200-3", "B0042"),
    "location": ("A-0042", "A-0004200"),
    "order": ("ORD-000042",),
}


def measure(run: Run) -> Iterator[Row]:
    client = signed_in()
    for model in sorted(admin.site._registry, key=lambda one: one._meta.label_lower):
        try:
            url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        except NoReverseMatch:
            continue
        shown = client.get(url)
        changes = getattr(shown, "context_data", {}).get("cl")
        if changes is None:
            continue
        told = f"list of {model._meta.verbose_name_plural}"
        for what, query, most in _queries(client, url, changes, model._meta.model_name or ""):
            yield page_row(run, client, f"{told}, {what}", f"{url}{query}", most, measure="lists")


def _queries(client: Client, url: str, changes: Any, name: str) -> Iterator[tuple[str, str, int]]:
    yield "first page", "", MOST_MS
    if changes.paginator.num_pages > 1:
        deep = min(DEEP, changes.paginator.num_pages)
        yield f"page {deep}", f"?p={deep}", MOST_MS
    for one in changes.filter_specs:
        choices = [choice for choice in one.choices(changes) if choice.get("query_string")]
        if len(choices) > 1:
            yield f"by {one.title}", choices[1]["query_string"], MOST_MS
    if changes.search_fields:
        for words in WORDS.get(name, ("ORD-000042",)):
            yield f"search “{words}”", f"?q={words}", SEARCH_MOST_MS
