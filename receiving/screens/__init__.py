"""The screens of receiving. Each is permission, form, service, message."""

from receiving.screens.drafts import DraftScreens
from receiving.screens.floor import FloorScreens
from receiving.screens.labels import LabelScreens
from receiving.screens.stowing import StowScreens

SCREENS = (LabelScreens, DraftScreens, FloorScreens, StowScreens)

__all__ = ["SCREENS", "DraftScreens", "FloorScreens", "StowScreens"]
