"""The panels of the module IHERODeformation, from above."""

from __future__ import annotations

from IHERORegistrationLib.widgets.displayPanel import DisplayPanel
from IHERORegistrationLib.widgets.exportPanel import ExportPanel
from IHERORegistrationLib.widgets.framesPanel import FramesPanel
from IHERORegistrationLib.widgets.panel import Panel
from IHERORegistrationLib.widgets.registrationsPanel import RegistrationsPanel

from .comparisonPanel import ComparisonPanel
from .contourDeformerPanel import ContourDeformerPanel
from .deformableRegisterPanel import DeformableRegisterPanel
from .deformationNumbersPanel import DeformationNumbersPanel
from .deformedApplyPanel import DeformedApplyPanel
from .doseDeformerPanel import DoseDeformerPanel
from .doseSumPanel import DoseSumPanel
from .fieldPanel import FieldPanel
from .imageDeformerPanel import ImageDeformerPanel
from .qualityPanel import QualityPanel
from .wayPanel import WayPanel

PANELS: tuple[type[Panel], ...] = (
    RegistrationsPanel,
    FramesPanel,
    DisplayPanel,
    FieldPanel,
    DeformedApplyPanel,
    DeformableRegisterPanel,
    QualityPanel,
    ComparisonPanel,
    WayPanel,
    ContourDeformerPanel,
    ImageDeformerPanel,
    DoseDeformerPanel,
    DoseSumPanel,
    ExportPanel,
    DeformationNumbersPanel,
)
