"""The screens beside the insert screen, in one place: loaded together once the number lives."""

from __future__ import annotations

from typing import Final

from torquemon.tui.screens.devices import DevicesScreen
from torquemon.tui.screens.frame import FrameScreen
from torquemon.tui.screens.history import HistoryScreen
from torquemon.tui.screens.prepare import PrepareScreen
from torquemon.tui.screens.replay import ReplayScreen
from torquemon.tui.screens.review import ReviewScreen
from torquemon.tui.screens.settings import SettingsScreen

SCREENS: Final[tuple[type[FrameScreen], ...]] = (
    PrepareScreen,
    ReviewScreen,
    HistoryScreen,
    DevicesScreen,
    SettingsScreen,
    ReplayScreen,
)
"""The screens beside the insert screen."""
