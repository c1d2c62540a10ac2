"""The panels of the module IHERORegistration, from above."""

from __future__ import annotations

from .applyPanel import ApplyPanel
from .contourPanel import ContourPanel
from .displayPanel import DisplayPanel
from .exportPanel import ExportPanel
from .framesPanel import FramesPanel
from .numbersPanel import NumbersPanel
from .panel import Panel
from .registerPanel import RegisterPanel
from .registrationsPanel import RegistrationsPanel

PANELS: tuple[type[Panel], ...] = (
    RegistrationsPanel,
    FramesPanel,
    DisplayPanel,
    ApplyPanel,
    RegisterPanel,
    ContourPanel,
    ExportPanel,
    NumbersPanel,
)
