"""What people give to an import."""

from __future__ import annotations

from typing import Any

from django import forms

from inventory.spreadsheets.reading import MOST_BYTES, MOST_ROWS


class FileForm(forms.Form):
    """The file itself."""

    import_file = forms.FileField(
        label="File",
        max_length=200,
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
        help_text=f"A workbook (.xlsx) or CSV in UTF-8, at most {MOST_ROWS:,} rows and "
        f"{MOST_BYTES // 1024 // 1024} MB.",
    )


class NothingElse(forms.Form):
    """Where the file says everything."""


class FormatForm(forms.Form):
    """Which kind of file to hand out; the resource is always the only one."""

    format = forms.ChoiceField(widget=forms.RadioSelect, initial="0")

    def __init__(self, formats: Any, resources: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fields["format"].choices = [
            (str(place), one().get_title()) for place, one in enumerate(formats)
        ]
