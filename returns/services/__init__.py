"""The verbs of a return."""

from returns.services.documents import (
    arrive_return,
    cancel_return,
    complete_return,
    create_return,
    update_return,
)
from returns.services.inspection import inspect_return, preview_inspection

__all__ = [
    "arrive_return",
    "cancel_return",
    "complete_return",
    "create_return",
    "inspect_return",
    "preview_inspection",
    "update_return",
]
