"""Whether a transform node still says what the DICOM object says that it was loaded from or
written as. If not, it is a registration of its own, which no object holds yet.
"""

from __future__ import annotations

from enum import Enum

import slicer

from .transformContent import (
    areInverse,
    areSame,
    contentText,
    isContent,
    ownContentText,
)

UID = "IHERO.SOPInstanceUID"
SOP_CLASS = "IHERO.SOPClassUID"  # where it is not that of a Spatial Registration
CONTENT = "IHERO.Content"  # what the node did when it said what its object says


def keepContent(node: slicer.vtkMRMLTransformNode) -> None:
    """Let `node` know what it does now."""
    node.SetAttribute(CONTENT, contentText(node))


def isChanged(node: slicer.vtkMRMLTransformNode) -> bool:
    """Whether `node` has an object, but does something else by now: its matrix was edited, its
    vectors, what it lies under, or another transform was hardened into it.
    """
    return bool(node.GetAttribute(UID)) and isEdited(node)


def isEdited(node: slicer.vtkMRMLTransformNode) -> bool:
    """Whether `node` does something else than when it was loaded, written or made here, so that
    what was said of that holds no longer; also where it came from an object and does not know what
    that was.
    """
    kept = node.GetAttribute(CONTENT)
    return bool(node.GetAttribute(UID)) if kept is None else not isContent(node, kept)


class OwnChange(Enum):
    """What became of a transform node by itself, whatever it lies under."""

    NONE = 0
    EDITED = 1
    INVERTED = 2


def ownChange(node: slicer.vtkMRMLTransformNode) -> OwnChange:
    """What became of `node` since it was loaded, written or made here; that it was edited counts
    only where an object says otherwise.

    Raises
        MalformedRegistrationError: what is kept cannot be read.
    """
    kept, now = node.GetAttribute(CONTENT), ownContentText(node)
    if kept is None or areSame(kept, now) or isContent(node, kept):
        return OwnChange.NONE
    if areInverse(kept, now):
        return OwnChange.INVERTED
    return OwnChange.EDITED if node.GetAttribute(UID) else OwnChange.NONE


def writtenObject(node: slicer.vtkMRMLTransformNode) -> str:
    """SOP Instance UID of the object that says what `node` does; "" where there is none."""
    return "" if isChanged(node) else node.GetAttribute(UID) or ""


def newObjectRemark(node: slicer.vtkMRMLTransformNode) -> tuple[str, ...]:
    """What is told when a changed `node` is to be written."""
    if not isChanged(node):
        return ()
    isNew = (
        "It was changed since it was loaded or exported: this will be a new object, which does not "
        "replace the other one."
    )
    kept = node.GetAttribute(CONTENT)
    if not (kept and areInverse(kept, contentText(node))):
        return (isNew,)
    inverted = (
        "It is the inverse of what it was loaded or exported as: see that it brings the moving "
        "image onto the fixed one, not that one onto the moving one."
    )
    return (inverted, isNew)


def whyNoObject(node: slicer.vtkMRMLTransformNode) -> str:
    """Why nothing can refer to the registration in `node`; "" if it is an object."""
    if writtenObject(node):
        return ""
    if isChanged(node):
        return (
            f"{node.GetName()} was changed since it was loaded or exported, so that its DICOM "
            "object says something else: export it as a new object first"
        )
    return f"{node.GetName()} is no DICOM object yet: export it first"
