"""Points of the scene as Spatial Fiducials, and the landmarks of a registration as the fiducials
that it names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import slicer
from pydicom import Dataset

from .exportFindings import exportFindings
from .exportProposal import LONGEST_TEXT, labelFromName, textFromName
from .fiducials import Fiducial, FiducialSet, SpatialFiducials, pointFiducial
from .fiducialsReader import fiducialsFromDataset
from .fiducialsWriter import datasetFromFiducials
from .freeName import freeName
from .images import ImageSeries
from .keptFiducials import KeptFiducials, fiducialsOfList, keepFiducials, namedFiducials
from .references import FiducialReference, SeriesReference
from .registrator import UsedFiducials
from .rules import Finding
from .study import Study
from .usedLandmarks import UsedLandmarks

LONGEST_IDENTIFIER = 16  # characters of a Short String


@dataclass(frozen=True, eq=False)
class FiducialsObject:
    """Points as an object: the data set, what its profile finds, and which fiducial is which."""

    dataset: Dataset
    findings: tuple[Finding, ...]
    labels: tuple[str, ...]
    fiducials: tuple[Fiducial, ...]

    def learn(self, node: slicer.vtkMRMLMarkupsFiducialNode | None) -> None:
        """Let the points of `node` be these fiducials. A list that left the scene, or has a label
        twice, has none that could be named.
        """
        isClear = len(set(self.labels)) == len(self.labels)
        if node is not None and node.GetScene() is not None and isClear:
            keepFiducials(node, self.kept)

    @property
    def kept(self) -> KeptFiducials:
        """Its fiducials by label, with the points that are written."""
        read = fiducialsFromDataset(self.dataset)
        written = dict(zip(self.labels, read.sets[0].fiducials, strict=True))
        return KeptFiducials(
            read.reference,
            {label: one.uid for label, one in written.items()},
            {label: one.points[0] for label, one in written.items()},
        )


def fiducialsObject(
    labels: Sequence[str],
    points: Sequence[np.ndarray],
    series: ImageSeries,
    label: str,
    description: str,
) -> FiducialsObject:
    """Points of shape (3,), LPS mm, in the frame of `series`, as an object on its images.

    Raises
        NonconformantError: it would break DICOM.
    """
    fiducials = identified(labels, points)
    value = SpatialFiducials(
        (FiducialSet(series.frame, series.reference.instances, fiducials),),
        label=label,
        description=description,
        series=(series.reference,),
    )
    dataset = datasetFromFiducials(value, series.headers[0], created=datetime.now())
    found = exportFindings(dataset, "DICOM", Study(series.headers), series.headers[0])
    return FiducialsObject(dataset, found, tuple(labels), fiducials)


def identified(labels: Sequence[str], points: Sequence[np.ndarray]) -> tuple[Fiducial, ...]:
    """Fiducials with identifiers that no two share, none empty or too long; the whole label is
    then the description. `points` have shape (3,), LPS mm.
    """
    found: dict[str, Fiducial] = {}
    for number, (label, point) in enumerate(zip(labels, points, strict=True), start=1):
        wanted = " ".join(label.replace("\\", "/").split()) or f"Point {number}"
        name = freeName(wanted, found, number, LONGEST_IDENTIFIER)
        one = pointFiducial(name, point)
        found[name] = one if name == label else replace(one, description=label[:LONGEST_TEXT])
    return tuple(found.values())


def usedFiducials(
    landmarks: tuple[UsedLandmarks, UsedLandmarks], fixed: ImageSeries, moving: ImageSeries
) -> tuple[UsedFiducials, tuple[tuple[FiducialsObject, UsedLandmarks], ...]]:
    """The fiducials that the landmarks of both images are, and the objects that have to be written
    for it: points that came from DICOM, or were exported before, are named where they are.

    Raises
        NonconformantError: see `fiducialsObject`.
    """
    named: list[tuple[FiducialReference, ...]] = []
    series: list[SeriesReference] = []
    beside = []
    for one, images in zip(landmarks, (fixed, moving), strict=True):
        kept = fiducialsOfList(one.node) if one.node is not None else None
        found = namedFiducials(kept, one.points)
        if found is None:
            made = _object(one, images)
            beside.append((made, one))
            kept = made.kept
            (instance,) = kept.reference.instances
            found = tuple(FiducialReference(instance, each.uid) for each in made.fiducials)
        named.append(found)
        if kept is not None:
            series.append(kept.reference)
    return UsedFiducials(named[0], named[1], tuple(series)), tuple(beside)


def _object(landmarks: UsedLandmarks, series: ImageSeries) -> FiducialsObject:
    labels, points = zip(*landmarks.points, strict=True)
    name = landmarks.node.GetName() if landmarks.node is not None else "Landmarks"
    return fiducialsObject(labels, points, series, labelFromName(name), textFromName(name))
