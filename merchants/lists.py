# mypy: disable-error-code="type-arg, misc, no-any-return, attr-defined, assignment"
"""Lists of the admin that open as quickly on a million rows as on ten.

A list looks up the ids of its first rows in one statement, counts and pages among these, and reads
in full only the rows of its page. What lies beyond is reached by a search, a filter or by turning
the order round, as nobody leafs through a thousand pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.core.paginator import Page, Paginator
from django.db import DataError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from merchants.plans import planned_anew

OUT_OF_RANGE = (DataError, OverflowError, ValueError)  # told when the database is asked
MOST_ROWS = 2_000  # that can be paged through,
MOST_FOUND = 1_000  # and of these when words are searched for


class FirstRows(Paginator):
    """Pages of the first ``most`` rows. Two statements: their ids, and the rows of a page.

    The rows are read from ``source``, which has what is shown of them but not the conditions and
    joins by which they were found.
    """

    def __init__(
        self, *args: Any, source: QuerySet | None = None, most: int = MOST_ROWS, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.most = most
        self.source: QuerySet = self.object_list if source is None else source

    @cached_property
    def ids(self) -> list[Any]:
        """Of all the rows that there are, and of one more where there are too many."""
        with planned_anew(self.object_list.db):
            return list(self.first_ids[: self.most + 1])

    @property
    def first_ids(self) -> QuerySet:
        return self.object_list.values_list("pk", flat=True)

    @cached_property
    def count(self) -> int:
        return min(len(self.ids), self.most)

    @property
    def is_cut(self) -> bool:
        """There are more rows than can be paged through."""
        return len(self.ids) > self.most

    def rows(self, bottom: int, top: int) -> list[Any]:
        """The rows from one place to another, in their order."""
        ids = self.ids[: self.count][bottom:top]
        found = {row.pk: row for row in self.source.filter(pk__in=ids).order_by()}
        return [found[pk] for pk in ids if pk in found]

    def page(self, number: Any) -> Page:
        number = self.validate_number(number)
        bottom = (number - 1) * self.per_page
        return self._get_page(self.rows(bottom, bottom + self.per_page), number, self)


def found(rows: QuerySet, ways: Iterable[Q]) -> QuerySet:
    """The rows that are found in any of these ways. One statement for each way."""
    ids: set[Any] = set()
    for way in ways:
        ids.update(rows.filter(way).values_list("pk", flat=True)[: MOST_FOUND + 1])
    return rows.filter(pk__in=ids)


class LongList(ChangeList):
    """Django's list, of the first rows only. A page beyond them is the last one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Django adds what leads back to the list to the link of each row, and looks each up for it.
        self.way_back, self.preserved_filters = self.preserved_filters, ""

    def url_for_result(self, result: Any) -> str:
        url = super().url_for_result(result)
        return f"{url}?{self.way_back}" if self.way_back else url

    def get_results(self, request: HttpRequest) -> None:
        self.keep_order_quick(request)
        rows = self.root_queryset
        pages = FirstRows(
            self.queryset,
            self.list_per_page,
            source=rows if rows.query.select_related else self.apply_select_related(rows),
            most=MOST_FOUND if self.query else MOST_ROWS,
        )
        self.paginator = pages
        self.result_count, self.full_result_count = pages.count, None
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.can_show_all = not pages.is_cut and pages.count <= self.list_max_show_all
        self.multi_page = pages.count > self.list_per_page
        if self.show_all and self.can_show_all:
            self.result_list = pages.rows(0, pages.count)
            return
        if self.page_num > pages.num_pages and pages.is_cut:
            messages.warning(request, f"{self.more_than(pages.most)} {NARROW}")
        self.page_num = min(max(self.page_num, 1), pages.num_pages)
        self.result_list = pages.page(self.page_num).object_list

    def keep_order_quick(self, request: HttpRequest) -> None:
        """Long lists are sorted by columns with an index; by others they are, once narrowed."""
        slow = [name for name in self.asked_order() if name not in self.model_admin.quick_columns]
        if not slow:
            return
        with planned_anew(self.queryset.db):
            if not self.queryset.order_by()[MOST_ROWS : MOST_ROWS + 1].exists():
                return
        del self.params[ORDER_VAR]
        self.queryset = self.queryset.order_by(*self.get_ordering(request, self.root_queryset))
        messages.warning(
            request, f"{self.more_than(MOST_ROWS)} Search or filter them to sort by that column."
        )

    def asked_order(self) -> list[str]:
        """The columns that the list was asked to be sorted by."""
        places = [part.lstrip("-") for part in self.params.get(ORDER_VAR, "").split(".")]
        shown = [int(place) for place in places if place.isdecimal() and place.isascii()]
        return [self.list_display[place] for place in shown if place < len(self.list_display)]

    def more_than(self, most: int) -> str:
        return f"There are more than {most:,} {self.opts.verbose_name_plural}."


SELECT = "Select this object for an action -"  # as Django says it
NARROW = "Search or filter to see those that do not stand here."


class ListAdmin(admin.ModelAdmin):
    """A list of any length.

    `quick_columns` are those that an index sorts, besides `ordering`. `ways(words)` says in which
    ways words find a row; each is looked for by itself, for joined by OR they would have no index.
    """

    paginator = FirstRows
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # each would count the whole table
    quick_columns: ClassVar[tuple[str, ...]] = ()
    ways: Callable[[str], list[Q]] | None = None

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LongList

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Raises: IncorrectLookupParameters, for what no column can hold, such as year 99999."""
        try:
            return super().get_changelist_instance(request)
        except OUT_OF_RANGE as error:
            raise IncorrectLookupParameters(error) from error

    def response_action(
        self, request: HttpRequest, queryset: QuerySet, *args: Any, **kwargs: Any
    ) -> Any:
        """Raises: SuspiciousOperation, for rows that no list can have offered."""
        ids = request.POST.getlist(ACTION_CHECKBOX_NAME)
        try:
            queryset.filter(pk__in=ids).order_by().exists()
        except (*OUT_OF_RANGE, ValidationError) as error:
            raise SuspiciousOperation("There are no such rows.") from error
        return super().response_action(request, queryset, *args, **kwargs)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """By the `ways`; where there are none, by `search_fields` as Django does."""
        words = search_term.replace("\x00", "").strip()
        if self.ways is None:
            return super().get_search_results(request, queryset, words)
        if not words:
            return queryset, False
        with planned_anew(queryset.db):
            return found(queryset, self.ways(words)), False

    def action_checkbox(self, obj: Any) -> SafeString:
        """Django's, without a template for each row."""
        return format_html(
            '<input type="checkbox" name="{}" value="{}" class="action-select" aria-label="{} {}">',
            ACTION_CHECKBOX_NAME,
            obj.pk,
            SELECT,
            obj,
        )

    def get_paginator(
        self, request: HttpRequest, queryset: QuerySet, per_page: int, *args: Any, **kwargs: Any
    ) -> FirstRows:
        """For the boxes that suggest rows; the list makes its own."""
        source = self.get_queryset(request)
        return FirstRows(queryset, per_page, *args, source=source, most=MOST_FOUND, **kwargs)


class QueueFilter(admin.SimpleListFilter):
    """The queue shows what is open unless somebody asks for more."""

    title = "state"
    parameter_name = "state"

    def choices(self, changelist: ChangeList) -> Any:
        """Django's choices, of which the first is the queue itself."""
        for place, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": "Open"} if place == 0 else choice
