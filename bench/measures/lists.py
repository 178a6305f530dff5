"""Every list of the admin: its first page, a deep one, each of its filters, a search."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch, reverse

from bench.measures.pages import page_row, signed_in
from bench.results import Row
from bench.run import Run

MOST_MS = 80
SEARCH_MOST_MS = 100
READS = 3  # of a repeat
DEEP = 50
# What people look for in the lists that are long; what is found in none of them elsewhere.
WORDS = {
    "product": ("SKU-0042", "Serum Tea", "4000000000042"),
    "lot": ("B004200-3", "B0042"),
    "location": ("A-0042", "A-0004200"),
    "order": ("ORD-000042",),
}


def measure(run: Run) -> Iterator[Row]:
    """Two rows for each list: the slowest of its pages, and the slowest of its searches."""
    client = signed_in()
    for model in sorted(admin.site._registry, key=lambda one: one._meta.label_lower):
        try:
            url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        except NoReverseMatch:
            continue
        changes = getattr(client.get(url), "context_data", {}).get("cl")
        if changes is None:
            continue
        name = f"admin, list of {model._meta.verbose_name_plural}"
        pages = {what: f"{url}{query}" for what, query in _pages(changes)}
        yield _slowest(run, client, name, pages, MOST_MS)
        if changes.search_fields:
            words = WORDS.get(model._meta.model_name or "", ("ORD-000042",))
            searches = {f"“{word}”": f"{url}?q={word}" for word in words}
            yield _slowest(run, client, f"{name}, search", searches, SEARCH_MOST_MS)


def _slowest(run: Run, client: Client, name: str, pages: dict[str, str], most: int) -> Row:
    rows = {
        what: page_row(run, client, name, url, most, measure="lists", reads=READS)
        for what, url in pages.items()
    }
    what = max(rows, key=lambda one: rows[one].p50 or 0)
    all_reached = all(one.reached for one in rows.values())
    told = f"({what}, the slowest of {len(rows)})" if len(rows) > 1 else f"({what})"
    return replace(rows[what], reached=all_reached, note=f"{told} {rows[what].note}".strip())


def _pages(changes: Any) -> Iterator[tuple[str, str]]:
    yield "first page", ""
    if changes.paginator.num_pages > 1:
        deep = min(DEEP, changes.paginator.num_pages)
        yield f"page {deep}", f"?p={deep}"
    for one in changes.filter_specs:
        choices = [choice for choice in one.choices(changes) if choice.get("query_string")]
        if len(choices) > 1:
            yield f"by {one.title}", choices[1]["query_string"]
