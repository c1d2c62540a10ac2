"""Structures carried to other images through a deformation."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import ClassVar

from slicer.i18n import tr as _

from IHERORegistrationLib.carriedSet import CarriedStructureSet
from IHERORegistrationLib.images import ImageSeries
from IHERORegistrationLib.nodeIdentity import knownFrame
from IHERORegistrationLib.nodeStructures import NodeStructures
from IHERORegistrationLib.registration import Registration
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.structuresFrame import frameOfStructures
from IHERORegistrationLib.widgets.contourPanel import ContourPanel

from ..contourDeformer import structureSetDeformed
from ..wholeResults import requireWholeStructures
from .wayPanel import WayPanel


class ContourDeformerPanel(ContourPanel):
    """The same panel, by the actor Contour Deformer."""

    profile: ClassVar[str] = "DRRO"

    @classmethod
    def uiFile(cls) -> Path:
        return ContourPanel.uiFile()

    def title(self) -> str:
        return _("Deform structures")

    @property
    def way(self) -> WayPanel:
        """How the deformation is used."""
        return self.module.panel(WayPanel)

    def lacking(self) -> str:
        return super().lacking() or self.way.lacking(*self._frames())

    def waySentence(self) -> str:
        frames = self._frames()
        if not all(frames):
            return super().waySentence()
        return f"{super().waySentence()} {self.way.directionSentence(*frames)}"

    def registrations(self, watch: Watch) -> tuple[Registration, ...]:
        return self.way.registrations(watch)

    def carried(
        self,
        structures: NodeStructures,
        target: ImageSeries,
        registrations: tuple[Registration, ...],
        label: str,
        watch: Watch,
    ) -> CarriedStructureSet:
        """The structures on the slices of `target`; see `structureSetDeformed`.

        Raises
            UndefinedSpaceError: some of it is undefined, and the user wants all or nothing.
        """
        made = structureSetDeformed(
            structures.structureSet,
            target,
            registrations,
            label=label,
            created=datetime.now(),
            profile=self.profile,
            numericalInverse=self.way.numericalInverse,
            outsideGrid=self.way.outsideGrid,
            watch=watch,
        )
        if self.way.stops:
            requireWholeStructures(made)
        return made

    def _frames(self) -> tuple[str, str]:
        """Of the structures and of the images that they are carried to."""
        return (
            frameOfStructures(self.state.carriedSet, None),
            knownFrame(self.state.carryTarget),
        )
