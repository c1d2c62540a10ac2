"""Transform nodes become the Deformable Spatial Registrations that were written of them.

A node that holds the vectors of the object is then as if it had been loaded from there. Of others,
splines for instance, the object holds samples: how they were taken is kept, and taken again they
are the same as long as nobody changes the node.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import slicer

from IHERORegistrationLib.keptText import readsKeptText
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.learnedObject import learnFixed, learnItems
from IHERORegistrationLib.scene import describe
from IHERORegistrationLib.writtenObject import SOP_CLASS, writtenObject

from .deformableRegistration import DeformableSpatialRegistration
from .deformationText import (
    latticeFromText,
    textFromLattice,
    textFromMatrix,
    textFromUndefined,
)
from .heldDeformation import LATTICE, POST_MATRIX, PRE_MATRIX, UNDEFINED_NODES, isAsRead

SAMPLING = "IHERO.Sampling"  # of a node of which an object holds samples: see Sampling


@dataclass(frozen=True, eq=False)
class Sampling:
    """How vectors were taken from a node: see `deformationFromTransformNode`."""

    over: Lattice
    error: float
    spacing: float | None


def learnDeformation(
    node: slicer.vtkMRMLTransformNode,
    registration: DeformableSpatialRegistration,
    fixed: slicer.vtkMRMLTransformableNode | None,
    sampling: Sampling,
) -> None:
    """Let `node` be the `registration` that was written of it, of one moving set; `fixed` shows the
    image that stays. It may have left the scene.
    """
    if node.GetScene() is None:
        return
    (moving,) = registration.sourceItems
    learnItems(node, moving, moving.sourceFrame, registration.registeredItems)
    node.SetAttribute(SOP_CLASS, registration.sopClassUID)
    learnFixed(node, fixed)
    describe(node, registration)
    if moving.grid is None:
        return
    grid = {
        LATTICE: textFromLattice(moving.grid.lattice),
        UNDEFINED_NODES: textFromUndefined(moving.grid.undefinedNodes),
        PRE_MATRIX: textFromMatrix(moving.pre),
        POST_MATRIX: textFromMatrix(moving.post),
    }
    before = {name: node.GetAttribute(name) for name in grid}
    _setAttributes(node, {**grid, SAMPLING: None})
    if not isAsRead(node, fixed):
        _setAttributes(node, {**before, SAMPLING: _text(sampling)})


@readsKeptText
def samplingOf(node: slicer.vtkMRMLTransformNode) -> Sampling | None:
    """How the vectors of the object were taken from `node`, if it still is that object; None if
    they are its own.

    Raises
        MalformedRegistrationError: what is kept cannot be read.
    """
    told = node.GetAttribute(SAMPLING)
    if not (told and writtenObject(node)):
        return None
    kept = json.loads(told)
    return Sampling(latticeFromText(kept["over"]), kept["error"], kept["spacing"])


def _text(sampling: Sampling) -> str:
    over = textFromLattice(sampling.over)
    return json.dumps({"over": over, "error": sampling.error, "spacing": sampling.spacing})


def _setAttributes(node: slicer.vtkMRMLTransformNode, attributes: dict[str, str | None]) -> None:
    for name, value in attributes.items():
        node.SetAttribute(name, value)
