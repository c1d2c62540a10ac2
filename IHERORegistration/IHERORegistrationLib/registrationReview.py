"""What a person and a test found of a registration, kept on its transform node."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import slicer

from .sceneRegistrations import DIRECTION_TEST
from .sentences import oneLine

RATING = "IHERO.Rating"  # attributes of transform nodes
COMMENT = "IHERO.RatingComment"
DECISION = "IHERO.Decision"
REVIEWED = "IHERO.Reviewed"

# Levels of uncertainty after AAPM TG-132, K. K. Brock 2017, doi:10.1002/mp.12256
LEVELS = (
    "aligned everywhere, within 1 mm",
    "aligned locally, within 1 mm around what matters",
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


def reviewOfNode(node: slicer.vtkMRMLTransformNode) -> Review:
    """What `keepReview` kept; nothing is found where it is not understood."""
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
    ):
        node.SetAttribute(name, value or None)


def keepDirectionTest(node: slicer.vtkMRMLTransformNode, verdict: str, sentence: str) -> None:
    """Keep on `node` what the images say of its direction: “standard”, “other” or “cannot tell”,
    and why.
    """
    node.SetAttribute(DIRECTION_TEST, f"{verdict}: {sentence}")


def directionTestOf(node: slicer.vtkMRMLTransformNode) -> tuple[str, str]:
    """Verdict and sentence, both empty where it was not tested."""
    verdict, _, sentence = (node.GetAttribute(DIRECTION_TEST) or "").partition(": ")
    return verdict, sentence
