"""The points of a list as Spatial Fiducials of the images on which they were placed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import slicer

from .errors import MalformedObjectError
from .exportedNode import NamedSeries, requireInScene, requireOwnPatient, savedObject
from .exportProposal import (
    ExportChoices,
    ExportedObject,
    ExportForm,
    labelFromName,
    textFromName,
)
from .landmarkFiducials import fiducialsObject
from .landmarkNodes import placedPoints
from .registrationRecord import Watch
from .sentences import oneLine

FORM = ExportForm("Spatial Fiducials", "FID", ("DICOM",))


@dataclass(frozen=True, eq=False)
class FiducialsExport:
    """The points of `node` in the coordinates of `images`, which `image` shows; see ExportTask."""

    node: slicer.vtkMRMLMarkupsFiducialNode
    image: slicer.vtkMRMLScalarVolumeNode
    images: NamedSeries
    proposed: ExportChoices
    form: ExportForm = field(default=FORM, init=False)

    @property
    def sentence(self) -> str:
        """“Stores 6 points of Landmarks on Planning CT”."""
        count = self.node.GetNumberOfDefinedControlPoints()
        words = f"{count} point" + ("" if count == 1 else "s")
        return f"Stores {words} of {self.node.GetName()} on {self.images.name}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """Points that lie outside the images."""
        series = self.images.series
        labels, points = self._labeled()
        inside = series.lattice.contains(np.reshape(points, (-1, 3)))
        outside = [name for name, isInside in zip(labels, inside, strict=True) if not isInside]
        if not outside:
            return ()
        return (f"Outside the images: {', '.join(map(oneLine, outside))}.",)

    def preview(self, choices: ExportChoices) -> ExportedObject:
        """The object itself: points are quickly written."""
        return self.made(choices, Watch())

    def made(self, choices: ExportChoices, watch: Watch) -> ExportedObject:
        """The object.

        Raises
            MalformedObjectError: the node left the scene, or has no point.
            PatientMismatchError: the points are of another patient and nobody confirmed it.
            FrameOfReferenceError: the points lie in another frame than the images.
            NonconformantError: it would break DICOM.
        """
        requireInScene(self.node, "the point list")
        requireOwnPatient(self.node, (self.images,), choices)
        labels, points = self._labeled()
        if not labels:
            raise MalformedObjectError(f"{self.node.GetName()} has no point that is placed")
        made = fiducialsObject(
            labels, points, self.images.series, choices.label, choices.description
        )
        renamed = [
            f"{oneLine(label) or 'A point without a name'} is named {one.identifier}."
            for label, one in zip(labels, made.fiducials, strict=True)
            if one.identifier != label
        ]
        return ExportedObject(
            (made.dataset,), made.findings, tuple(renamed), lambda: made.learn(self.node)
        )

    def _labeled(self) -> tuple[list[str], list[np.ndarray]]:
        names, points, _ = placedPoints(self.node, self.image, self.images.series.frame)
        return names, points

    def save(self, made: ExportedObject, folder: Path) -> list[Path]:
        """Its one file."""
        return savedObject(made, folder, "FID")


def fiducialsExport(
    node: slicer.vtkMRMLMarkupsFiducialNode,
    image: slicer.vtkMRMLScalarVolumeNode,
    images: NamedSeries,
) -> FiducialsExport:
    """The points of `node`, as an object on `images`, which `image` shows.

    Raises
        FrameOfReferenceError: they lie in another frame.
    """
    placedPoints(node, image, images.series.frame)
    label, description = labelFromName(node.GetName()), textFromName(node.GetName())
    proposed = ExportChoices(label, description, profile=FORM.profiles[0])
    return FiducialsExport(node, image, images, proposed)
