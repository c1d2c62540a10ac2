"""The panels of the module IHERODeformation, from above."""

from __future__ import annotations

from IHERORegistrationLib.widgets.exportPanel import ExportPanel
from IHERORegistrationLib.widgets.framesPanel import FramesPanel
from IHERORegistrationLib.widgets.panel import Panel
from IHERORegistrationLib.widgets.registrationsPanel import RegistrationsPanel

from .comparisonPanel import ComparisonPanel
from .deformableRegisterPanel import DeformableRegisterPanel
from .deformationNumbersPanel import DeformationNumbersPanel
from .fieldPanel import FieldPanel
from .qualityPanel import QualityPanel

PANELS: tuple[type[Panel], ...] = (
    RegistrationsPanel,
    FramesPanel,
    FieldPanel,
    DeformableRegisterPanel,
    QualityPanel,
    ComparisonPanel,
    ExportPanel,
    DeformationNumbersPanel,
)
