"""The screens of receiving. Each is permission, form, service, message."""

from receiving.screens.drafts import DraftScreens
from receiving.screens.floor import FloorScreens
from receiving.screens.labels import LabelScreens
from receiving.screens.rules import TraceabilityScreens
from receiving.screens.scanning import ScanScreens
from receiving.screens.stow_tasks import StowTaskScreens
from receiving.screens.stowing import StowScreens

SCREENS = (
    DraftScreens,
    FloorScreens,
    ScanScreens,
    StowScreens,
    StowTaskScreens,
    LabelScreens,
    TraceabilityScreens,
)

__all__ = ["SCREENS", "DraftScreens", "FloorScreens", "StowScreens"]
