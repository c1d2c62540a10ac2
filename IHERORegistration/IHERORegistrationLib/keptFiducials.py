"""Which fiducials of which object the points of a list are, kept with the list: so that whatever is
registered by the points can name them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import slicer

from .keptText import readsKeptText
from .references import FiducialReference, SeriesReference
from .registrationText import seriesFromText, textFromSeries

FIDUCIALS = "IHERO.Fiducials"  # attribute of point lists
SAME_POINT = 1e-3  # mm: as no hand moves one


@dataclass(frozen=True, eq=False)
class KeptFiducials:
    """`reference` is the Spatial Fiducials object; `uids` and `points`, shape (3,) LPS mm, are its
    fiducials by the labels of the list.
    """

    reference: SeriesReference
    uids: Mapping[str, str]
    points: Mapping[str, np.ndarray]


def keepFiducials(node: slicer.vtkMRMLMarkupsFiducialNode, kept: KeptFiducials) -> None:
    """Let `node` know which fiducials its points are."""
    told = {
        "reference": textFromSeries([kept.reference]),
        "uids": dict(kept.uids),
        "points": {label: list(map(float, point)) for label, point in kept.points.items()},
    }
    node.SetAttribute(FIDUCIALS, json.dumps(told))


@readsKeptText
def fiducialsOfList(node: slicer.vtkMRMLMarkupsFiducialNode) -> KeptFiducials | None:
    """What `node` knows; None if no object has its points.

    Raises
        MalformedRegistrationError: what is kept cannot be read.
    """
    text = node.GetAttribute(FIDUCIALS)
    if not text:
        return None
    told = json.loads(text)
    (reference,) = seriesFromText(told["reference"])
    points = {label: np.array(point) for label, point in told["points"].items()}
    uids = {label: str(told["uids"][label]) for label in points}
    return KeptFiducials(reference, uids, points)


def namedFiducials(
    kept: KeptFiducials | None, points: Iterable[tuple[str, np.ndarray]]
) -> tuple[FiducialReference, ...] | None:
    """The fiducials that these labeled points are, LPS mm; None if one of them is none, or was
    moved since.
    """
    if kept is None:
        return None
    (instance,) = kept.reference.instances
    found = []
    for label, point in points:
        before = kept.points.get(label)
        if before is None or np.linalg.norm(before - point) > SAME_POINT or not kept.uids[label]:
            return None
        found.append(FiducialReference(instance, kept.uids[label]))
    return tuple(found)
