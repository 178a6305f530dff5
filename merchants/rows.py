# mypy: disable-error-code="type-arg, misc, no-any-return, union-attr"
"""Tables that people fill in row by row: + and − with and without a script, refusals at their row.

The rows are a formset named `lines`; `rows.js` adds and removes them without a page load.
"""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.http import HttpRequest

from merchants.errors import DomainError, Malformed

LARGEST = 2**31 - 1
PLACE = re.compile(r"lines\[(\d+)\]\.(\w+)")


def short(**attributes: str) -> forms.TextInput:
    """A box that leaves room for its neighbours in a row."""
    return forms.TextInput(attrs={"size": 16, **attributes})


def units() -> forms.TextInput:
    """A box for a number of units, as narrow as the number."""
    return forms.TextInput(attrs={"size": 4, "inputmode": "numeric"})


class NamedControls(forms.Form):
    """A row of a table. Its controls are named by column and line, for there are no labels."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["use_required_attribute"] = False
        super().__init__(*args, **kwargs)
        place = self.prefix.rpartition("-")[2]
        line = f"line {int(place) + 1}" if place.isdecimal() else "new line"
        for field in self.fields.values():
            field.widget.attrs |= {
                "aria-label": f"{field.label}, {line}",
                "data-label": field.label,
            }


class BaseRows(forms.BaseFormSet):
    """Rows of one act; those left empty are passed over."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("prefix", "lines")
        super().__init__(*args, **kwargs)

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        kwargs = super().get_form_kwargs(index)
        kwargs.pop("use_required_attribute", None)
        return kwargs

    def total_form_count(self) -> int:
        """A page without rows begins with an empty one."""
        count = super().total_form_count()
        return count if self.is_bound else max(count, 1)

    def initial_form_count(self) -> int:
        """A row that was sent empty may stay empty, also one that the page began with."""
        return 0 if self.is_bound else super().initial_form_count()

    def filled(self) -> list[Any]:
        return [form for form in self.forms if form.has_changed()]

    def clean(self) -> None:
        if not any(self.errors) and not self.filled():
            raise forms.ValidationError("Give at least one line.", code="required")


def typed_rows(data: Any, names: list[str], most: int) -> list[dict[str, str]]:
    """The rows as they were typed, with one more or one less, and nothing judged yet."""
    total = data.get("lines-TOTAL_FORMS", "")
    count = min(int(total), most) if total.isdecimal() and total.isascii() else 1
    rows = [
        {name: data.get(f"lines-{place}-{name}", "") for name in names} for place in range(count)
    ]
    gone = data.get("remove_line", "")
    if gone.isdecimal() and gone.isascii() and int(gone) < len(rows):
        del rows[int(gone)]
    if "add_line" in data:
        rows.append({})
    return rows


def changes_rows(request: HttpRequest) -> bool:
    """Whether + or − was pressed on a page without a script."""
    return "add_line" in request.POST or "remove_line" in request.POST


def add_refusal_to(form: forms.BaseForm, rows: Any, refusal: DomainError) -> None:
    """Show a refusal of the service at the field or row that it names, else on the whole form."""
    if not isinstance(refusal, Malformed):
        fields = getattr(form, "refusal_fields", {})
        form.add_error(fields.get(refusal.code), str(refusal))
        return
    filled = rows.filled()
    for error in refusal.errors:
        match = PLACE.fullmatch(error["field"])
        if match and int(match[1]) < len(filled):
            row = filled[int(match[1])]
            row.add_error(match[2] if match[2] in row.fields else None, error["message"])
        else:
            field = error["field"] if error["field"] in form.fields else None
            form.add_error(field, error["message"])
