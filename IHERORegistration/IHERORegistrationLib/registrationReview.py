"""What a person and a test found of a registration, kept on its transform node for as long as that
does the same.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
import slicer
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkCollection, vtkObject
from vtkmodules.vtkCommonTransforms import vtkLinearTransform
from vtkmodules.vtkFiltersHybrid import vtkGridTransform

from .scene import arrayFromMatrix
from .sentences import oneLine

DIRECTION_TEST = "IHERO.DirectionTested"  # attributes of transform nodes
DIRECTION_TESTED_OF = "IHERO.DirectionTestedOf"  # what the transform was then
RATING = "IHERO.Rating"
COMMENT = "IHERO.RatingComment"
DECISION = "IHERO.Decision"
REVIEWED = "IHERO.Reviewed"
REVIEWED_OF = "IHERO.ReviewedOf"
VECTORS = 2000  # of a grid, looked at to know it again
DIGITS = 4  # after the point, mm

# Levels of uncertainty after AAPM TG-132, K. K. Brock 2017, doi:10.1002/mp.12256
LEVELS = (
    "aligned everywhere within 1 mm",
    "aligned within 1 mm where it matters",
    "usable with risk of deformation",
    "usable for diagnosis only",
    "not acceptable",
)


class Decision(StrEnum):
    """Whether the registration may be used."""

    NONE = ""
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Review:
    """`level` is an index of LEVELS, None where nobody rated; `on` the date and time as text."""

    level: int | None = None
    comment: str = ""
    decision: Decision = Decision.NONE
    on: str = ""

    @property
    def sentence(self) -> str:
        """All of it in words."""
        if self.level is None and not self.decision:
            return "none is recorded"
        words = [] if self.level is None else [f"{self.level}: {LEVELS[self.level]}"]
        words += [self.decision.value] if self.decision else []
        words += [f"“{oneLine(self.comment)}”"] if self.comment else []
        return ", ".join(words) + (f" ({self.on})" if self.on else "")


def rejectionRemark(node: slicer.vtkMRMLTransformNode) -> tuple[str, ...]:
    """What whoever writes `node` is told where somebody rejected it."""
    review = reviewOfNode(node)
    if review.decision is not Decision.REJECTED:
        return ()
    return (f"Its review says: {review.sentence}.",)


def reviewOfNode(node: slicer.vtkMRMLTransformNode) -> Review:
    """What `keepReview` kept; nothing where the transform has been changed since."""
    if node.GetAttribute(REVIEWED_OF) != _mark(node):
        return Review()
    level, decision = node.GetAttribute(RATING) or "", node.GetAttribute(DECISION) or ""
    return Review(
        int(level) if level in map(str, range(len(LEVELS))) else None,
        node.GetAttribute(COMMENT) or "",
        Decision(decision) if decision in tuple(Decision) else Decision.NONE,
        node.GetAttribute(REVIEWED) or "",
    )


def keepReview(
    node: slicer.vtkMRMLTransformNode,
    level: int | None,
    comment: str,
    decision: Decision,
    on: datetime,
) -> None:
    """Keep on `node` how it was rated at the time `on`."""
    for name, value in (
        (RATING, "" if level is None else str(level)),
        (COMMENT, comment),
        (DECISION, decision.value),
        (REVIEWED, on.isoformat(sep=" ", timespec="minutes")),
        (REVIEWED_OF, _mark(node)),
    ):
        node.SetAttribute(name, value or None)


def keepDirectionTest(node: slicer.vtkMRMLTransformNode, verdict: str, sentence: str) -> None:
    """Keep on `node` what the images say of its direction: “standard”, “other” or “cannot tell”,
    and why.
    """
    node.SetAttribute(DIRECTION_TEST, f"{verdict}: {sentence}")
    node.SetAttribute(DIRECTION_TESTED_OF, _mark(node))


def directionTestOf(node: slicer.vtkMRMLTransformNode) -> str:
    """Verdict and sentence with a colon between; empty where the transform was not tested as it is
    now.
    """
    isSame = node.GetAttribute(DIRECTION_TESTED_OF) == _mark(node)
    return (node.GetAttribute(DIRECTION_TEST) or "") if isSame else ""


def _mark(node: slicer.vtkMRMLTransformNode) -> str:
    """By which the transform of `node` is known again: of its matrices, and some vectors."""
    digest = hashlib.sha1(usedforsecurity=False)
    parts = vtkCollection()
    slicer.vtkMRMLTransformNode.FlattenGeneralTransform(parts, node.GetTransformToParent())
    for number in range(parts.GetNumberOfItems()):
        values = _numbers(parts.GetItemAsObject(number))
        digest.update((np.round(values, DIGITS) + 0.0).tobytes())
    return digest.hexdigest()


def _numbers(part: vtkObject) -> np.ndarray:
    if isinstance(part, vtkLinearTransform):
        return arrayFromMatrix(part.GetMatrix())
    if isinstance(part, vtkGridTransform) and part.GetDisplacementGrid() is not None:
        vectors = vtk_to_numpy(part.GetDisplacementGrid().GetPointData().GetScalars())
        return vectors[:: max(1, len(vectors) // VECTORS)].astype(float)
    return np.zeros(1)  # of what other transforms hold we know nothing
