"""Spatial Fiducials as point lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import slicer

from .dataNodes import pointsNode
from .errors import FrameOfReferenceError
from .fiducials import FiducialSet, SpatialFiducials
from .keptFiducials import KeptFiducials, keepFiducials
from .references import SeriesReference
from .subjectHierarchy import markReferences, markSeries, placeInStudy


def nodesFromFiducials(
    fiducials: SpatialFiducials, scene: slicer.vtkMRMLScene
) -> tuple[slicer.vtkMRMLMarkupsFiducialNode, ...]:
    """A point list for each set that lies in a Frame of Reference, under its patient and study; a
    fiducial of several points has one entry for each, “F 1”, “F 2” and so on.

    Fiducials without a point in a Frame of Reference are left out (`countWithoutPoints`).

    Raises
        FrameOfReferenceError: there is none that lies in a frame.
    """
    placed = [(one, dict(_labeled(one))) for one in fiducials.sets if one.frame is not None]
    nodes = []
    for number, (one, points) in enumerate(placed, start=1):
        if not points or one.frame is None:
            continue
        name = fiducials.label or "Fiducials"
        node = pointsNode(
            points, one.frame, scene, name if len(placed) == 1 else f"{name} {number}"
        )
        placeInStudy(node, fiducials.patient, fiducials.studyInstanceUID)
        markSeries(node, fiducials.reference, "FID", one.frame)
        keepFiducials(node, _kept(one, points, fiducials.reference))
        markReferences(node, (image.sopInstanceUID for image in one.images))
        nodes.append(node)
    if not nodes:
        raise FrameOfReferenceError(
            "expected fiducials that lie in a Frame of Reference, found none in Spatial Fiducials "
            f"{fiducials.sopInstanceUID}"
        )
    return tuple(nodes)


def _kept(
    group: FiducialSet, points: Mapping[str, np.ndarray], reference: SeriesReference
) -> KeptFiducials:
    """Which fiducial each label is. One of several points is in the list several times."""
    uids = (one.uid for one in group.fiducials for _ in one.points)
    return KeptFiducials(reference, dict(zip(points, uids, strict=True)), points)


def _labeled(group: FiducialSet) -> Iterator[tuple[str, np.ndarray]]:
    used: set[str] = set()
    for fiducial in group.fiducials:
        for number, point in enumerate(fiducial.points, start=1):
            label = fiducial.identifier
            label = label if len(fiducial.points) == 1 else f"{label} {number}"
            while label in used:  # two fiducials of one name
                label += "'"
            used.add(label)
            yield label, point
