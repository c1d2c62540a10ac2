"""The points of a list as Spatial Fiducials of the images on which they were placed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import slicer

from .errors import MalformedObjectError
from .exportFindings import exportFindings
from .exportProposal import (
    ExportChoices,
    ExportedObject,
    ExportForm,
    labelFromName,
    textFromName,
)
from .fiducials import Fiducial, FiducialSet, SpatialFiducials, pointFiducial
from .fiducialsReader import fiducialsFromDataset
from .fiducialsWriter import datasetFromFiducials
from .images import ImageSeries
from .keptFiducials import KeptFiducials, keepFiducials
from .landmarkNodes import IMAGE, placedPoints
from .nodeIdentity import knownFrame
from .registeredEnds import imagesInScene
from .registrationRecord import Watch
from .rigidExport import NamedSeries, fileName
from .saving import saveDataset
from .sentences import oneLine
from .study import Study

FORM = ExportForm("Spatial Fiducials", "FID", ("DICOM",))
LONGEST_IDENTIFIER = 16  # characters of a Short String


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
            FrameOfReferenceError: the points lie in another frame than the images.
            NonconformantError: it would break DICOM.
        """
        if self.node.GetScene() is None:
            raise MalformedObjectError("the points were removed from the scene")
        labels, points = self._labeled()
        if not labels:
            raise MalformedObjectError(f"{self.node.GetName()} has no point that is placed")
        series = self.images.series
        fiducials = identified(labels, points)
        value = SpatialFiducials(
            (FiducialSet(series.frame, series.reference.instances, fiducials),),
            label=choices.label,
            description=choices.description,
            series=(series.reference,),
        )
        dataset = datasetFromFiducials(value, series.headers[0], created=datetime.now())
        study = Study(series.headers)
        found = exportFindings(dataset, choices.profile, study, series.headers[0])
        renamed = [
            f"{oneLine(label) or 'A point without a name'} is named {one.identifier}."
            for label, one in zip(labels, fiducials, strict=True)
            if one.identifier != label
        ]

        def remember() -> None:
            learnFiducials(self.node, labels, fiducialsFromDataset(dataset), series)

        return ExportedObject((dataset,), found, tuple(renamed), remember)

    def _labeled(self) -> tuple[list[str], list[np.ndarray]]:
        names, points, _ = placedPoints(self.node, self.image, self.images.series.frame)
        return names, points

    def save(self, made: ExportedObject, folder: Path) -> list[Path]:
        """Its one file."""
        (dataset,) = made.datasets
        return [saveDataset(dataset, folder / fileName("FID", dataset.SOPInstanceUID))]


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


def identified(labels: Sequence[str], points: Sequence[np.ndarray]) -> tuple[Fiducial, ...]:
    """Fiducials with identifiers that no two share, none empty or too long; the whole label is
    then the description. `points` have shape (3,), LPS mm.
    """
    found: list[Fiducial] = []
    taken: set[str] = set()
    for number, (label, point) in enumerate(zip(labels, points, strict=True), start=1):
        name = " ".join(label.replace("\\", "/").split())
        name = name[:LONGEST_IDENTIFIER].strip() or f"Point {number}"
        if name in taken:
            ending = f" ({number})"
            name = name[: LONGEST_IDENTIFIER - len(ending)].strip() + ending
        taken.add(name)
        one = pointFiducial(name, point)
        found.append(one if name == label else replace(one, description=textFromName(label)))
    return tuple(found)


def learnFiducials(
    node: slicer.vtkMRMLMarkupsFiducialNode,
    labels: Sequence[str],
    written: SpatialFiducials,
    series: ImageSeries,
) -> None:
    """Let the points of `node` be the fiducials that were written of them, in the order of
    `labels`. A list with a label twice has none that could be named.
    """
    if node.GetScene() is None or len(set(labels)) < len(labels):
        return
    fiducials = written.setInFrame(series.frame).fiducials
    named = dict(zip(labels, fiducials, strict=True))
    kept = KeptFiducials(
        written.reference,
        {label: one.uid for label, one in named.items()},
        {label: one.points[0] for label, one in named.items()},
    )
    keepFiducials(node, kept)


def imagesOfPoints(
    node: slicer.vtkMRMLMarkupsFiducialNode,
) -> tuple[slicer.vtkMRMLScalarVolumeNode, ...]:
    """The images on which the points of `node` may have been placed: the one that it was made for,
    else those in its frame, else all; if it is not one, the user has to say which.
    """
    images = imagesInScene(node.GetScene())
    placedOn = node.GetNodeReference(IMAGE)
    if placedOn in images:
        return (placedOn,)
    frame = knownFrame(node)
    return tuple(one for one in images if not frame or knownFrame(one) == frame)
