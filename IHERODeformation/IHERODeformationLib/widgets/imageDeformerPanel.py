"""An image deformed onto the slices of another."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import slicer
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import parameterNodeWrapper

from IHERORegistrationLib.databaseSeries import DatabaseSeries
from IHERORegistrationLib.nodeIdentity import knownFrame
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.resampling import Interpolation
from IHERORegistrationLib.sentences import oneLine
from IHERORegistrationLib.widgets.handOver import handOver
from IHERORegistrationLib.widgets.longWork import longWork
from IHERORegistrationLib.widgets.panel import Panel, shownErrors
from IHERORegistrationLib.widgets.resultReport import ResultReport

from ..deformedNodes import nodeFromDeformedSeries
from ..frameWays import registrationWay
from ..imageDeformer import deformedSeries
from ..wholeResults import requireWholeImage
from .wayPanel import WayPanel


@parameterNodeWrapper
class ImageDeformerParameters:
    """`imageToDeform` comes onto the slices of `imageBase`; `imageResult` is the last one made."""

    imageToDeform: slicer.vtkMRMLScalarVolumeNode
    imageBase: slicer.vtkMRMLScalarVolumeNode
    imageInterpolation: str = Interpolation.LINEAR.value
    imageResult: slicer.vtkMRMLScalarVolumeNode


class ImageDeformerPanel(Panel):
    """Makes a new image by the actor Image Deformer; voxels without a value are marked."""

    parameters = ImageDeformerParameters

    def setup(self) -> None:
        box = self.ui.imageInterpolationBox
        for text, value in (
            (_("Linear"), Interpolation.LINEAR),
            (_("Nearest voxel, for labels"), Interpolation.NEAREST),
            (_("Cubic, sharper"), Interpolation.CUBIC),
        ):
            box.addItem(text, value.value)
        box.connect("activated(int)", self.onInterpolation)
        self.ui.deformImageButton.connect("clicked(bool)", self.onDeform)
        self.ui.exportImageButton.connect("clicked(bool)", self.onExport)
        self.report = ResultReport(self.ui.imageReportBrowser, self.ui.copyImageReportButton)

    def show(self) -> None:
        box = self.ui.imageInterpolationBox
        box.setCurrentIndex(box.findData(self.state.imageInterpolation))
        self.report.show(self.state.imageResult)
        self.ui.exportImageButton.setVisible(self.state.imageResult is not None)
        lacks = self.lacking()
        self.ui.imageWayLabel.text = lacks or self._sentence()
        self.ui.deformImageButton.enabled = not lacks

    def onInterpolation(self, index: int) -> None:
        """Another entry was picked."""
        self.state.imageInterpolation = self.ui.imageInterpolationBox.itemData(index)

    def lacking(self) -> str:
        """What is still to choose, as a sentence."""
        if self.state.imageToDeform is None:
            return _("Choose the image to be deformed.")
        if self.state.imageBase is None:
            return _("Choose the image on whose slices it comes.")
        return self.way.lacking(*self._frames(), isDeformed=True)

    @property
    def way(self) -> WayPanel:
        """How the deformation is used."""
        return self.module.panel(WayPanel)

    def onDeform(self, *arguments: Any) -> None:
        """Make the image, as a new node."""
        with shownErrors(_("The image could not be deformed.")):
            used = (self.state.imageToDeform, self.state.imageBase, self.chosen.registration)
            with longWork(_("Deform image"), *used) as watch:
                made = self._made(watch)
            self.state.imageResult = made

    def onExport(self, *arguments: Any) -> None:
        """Go on in the panel that exports."""
        handOver(self.module, self.state.imageResult)

    def _made(self, watch: Watch) -> slicer.vtkMRMLScalarVolumeNode:
        watch.tell(_("reading"), 0)
        database = DatabaseSeries(slicer.dicomDatabase)
        series = database.series(self.state.imageToDeform)
        base = database.series(self.state.imageBase)
        registrations = self.way.registrations(watch)
        way = registrationWay(
            registrations,
            base.frame,
            series.frame,
            numericalInverse=self.way.numericalInverse,
            outsideGrid=self.way.outsideGrid,
        )
        made = deformedSeries(
            series,
            base,
            way,
            registrations,
            created=datetime.now(),
            interpolation=Interpolation(self.state.imageInterpolation),
            watch=watch,
        )
        if self.way.stops:
            requireWholeImage(made)
        watch.tell(_("showing"), 1)
        return nodeFromDeformedSeries(made, registrations, slicer.mrmlScene, self.state.imageBase)

    def _sentence(self) -> str:
        told = _("{image} will be drawn on the slices of {base}, as a new image.").format(
            image=oneLine(self.state.imageToDeform.GetName()),
            base=oneLine(self.state.imageBase.GetName()),
        )
        frames = self._frames()
        return f"{told} {self.way.directionSentence(*frames)}" if all(frames) else told

    def _frames(self) -> tuple[str, str]:
        """Of the base, whose voxels ask where they come from, and of the image."""
        return knownFrame(self.state.imageBase), knownFrame(self.state.imageToDeform)
