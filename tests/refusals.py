"""What a refusal must show: its code, and that nothing changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps

from merchants.errors import DomainError

APPS = ("merchants", "inventory", "receiving", "fulfillment", "transfers", "returns")


def state() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the product, histories and events too."""
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values_list())
        for app in APPS
        for model in apps.get_app_config(app).get_models()
    }


@contextmanager
def refused(code: str) -> Iterator[pytest.ExceptionInfo[DomainError]]:
    """The act inside is refused with this code, and leaves everything as it was."""
    before = state()
    with pytest.raises(DomainError) as info:
        yield info
    assert info.value.code == code
    assert info.value.message
    assert state() == before
