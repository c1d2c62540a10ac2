"""Deformable Spatial Registration ↔ transform nodes; RAS, as in the scene of rigid registration.

A node's FromParent is the object's map, registered → source: data of the source frame that is put
under the node appears in the registered frame, through VTK's inverse where points or surfaces are
moved. It is one grid of vectors d = R_pre⁻¹ Δ, linearly interpolated, and one matrix post · pre.

VTK knows no undefined points: undefined nodes are not displaced in the scene, and outside the grid
the displacement of its border is continued. Which nodes are undefined is kept as an attribute, like
all else that the object says, so that a saved scene still tells it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import slicer
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonTransforms import vtkGeneralTransform, vtkTransform

from IHERORegistrationLib.errors import MalformedRegistrationError
from IHERORegistrationLib.geometry import inverted
from IHERORegistrationLib.keptText import readsKeptText
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.registrationText import (
    descriptionsFromText,
    patientFromText,
    seriesFromText,
    textFromItems,
)
from IHERORegistrationLib.resampling import vtkMatrix
from IHERORegistrationLib.scene import (
    LPS_TO_RAS,
    PATIENT,
    REGISTERED_FRAME,
    REGISTERED_ITEMS,
    SERIES,
    SOURCE_FRAME,
    SOURCE_ITEM,
    describe,
    nodeName,
    textsOf,
)
from IHERORegistrationLib.sentences import oneLine
from IHERORegistrationLib.writtenObject import SOP_CLASS

from .deformableRegistration import DeformableRegistrationItem, DeformableSpatialRegistration
from .deformationText import (
    matrixFromText,
    textFromLattice,
    textFromMatrix,
    textFromUndefined,
)
from .displacementGrid import DisplacementGrid
from .gridTransform import INVERSE_TOLERANCE
from .heldDeformation import (
    LATTICE,
    POST_MATRIX,
    PRE_MATRIX,
    UNDEFINED_NODES,
    gridParts,
    heldDeformation,
    isAsRead,
)


def transformNodesFromDeformation(
    registration: DeformableSpatialRegistration, scene: slicer.vtkMRMLScene
) -> tuple[slicer.vtkMRMLTransformNode, ...]:
    """One node for each item that leads to another frame than the registered one, in their order.

    An item without a grid makes a linear node. For items that stay in the registered frame, see
    DeformableSpatialRegistration.selfMappingItems and `transformNodeFromItem`.

    Raises
        NotInvertibleError: a pre deformation matrix, or the matrix of an item without a grid, is
        singular.
    """
    return tuple(
        transformNodeFromItem(registration, item, scene)
        for item in registration.sourceItems
        if item.sourceFrame != registration.registeredFrame
    )


def transformNodeFromItem(
    registration: DeformableSpatialRegistration,
    item: DeformableRegistrationItem,
    scene: slicer.vtkMRMLScene,
) -> slicer.vtkMRMLTransformNode:
    """The node for one source item of `registration`. See `transformNodesFromDeformation`."""
    isAlone = len(registration.sourceItems) == 1
    name = scene.GenerateUniqueName(nodeName(registration.label, item.number, isAlone=isAlone))
    toSource = item.postMatrix @ item.preMatrix
    if item.grid is None:
        node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", name)
        toRegistered = LPS_TO_RAS @ inverted(toSource) @ LPS_TO_RAS
        node.SetMatrixTransformToParent(vtkMatrix(toRegistered))
    else:
        transform = vtkGeneralTransform()
        transform.PostMultiply()
        transform.Concatenate(_gridInRAS(item.grid, item.preMatrix))
        matrix = vtkTransform()
        matrix.SetMatrix(vtkMatrix(LPS_TO_RAS @ toSource @ LPS_TO_RAS))
        transform.Concatenate(matrix)
        node = scene.AddNewNodeByClass("vtkMRMLTransformNode", name)
        node.SetAndObserveTransformFromParent(transform)
        node.SetAttribute(LATTICE, textFromLattice(item.grid.lattice))
        node.SetAttribute(UNDEFINED_NODES, textFromUndefined(item.grid.undefinedNodes))
    node.SetAttribute(PRE_MATRIX, textFromMatrix(item.pre))
    node.SetAttribute(POST_MATRIX, textFromMatrix(item.post))
    node.SetAttribute(SOP_CLASS, registration.sopClassUID)
    node.SetAttribute(SOURCE_FRAME, item.sourceFrame)
    node.SetAttribute(SOURCE_ITEM, textFromItems([item]))
    node.SetAttribute(REGISTERED_ITEMS, textFromItems(registration.registeredItems))
    describe(node, registration)
    return node


def restoreDeformations(scene: slicer.vtkMRMLScene) -> None:
    """Interpolate linearly and search inverses closely again, in all nodes made from deformable
    registrations: to be called when a scene has been loaded (EndImportEvent).

    Slicer's reader makes every grid cubic, which moves points by tenths of a millimeter.
    """
    for node in _deformationNodes(scene):
        for part in gridParts(node):
            part.SetInterpolationModeToLinear()
            part.SetInverseTolerance(INVERSE_TOLERANCE)


def registrationFromDeformationNode(
    node: slicer.vtkMRMLTransformNode,
) -> DeformableSpatialRegistration:
    """What `node` was made from, in the words of the object: its own item, and those of the
    registered frame, which come first, as identities.

    The vectors are those read, bit for bit where the pre deformation matrix does not rotate or
    scale, else within 1e-6 mm; undefined nodes are NaN in every component.

    Raises
        MalformedRegistrationError: the node was not made from a deformable registration, or its
        transform has been changed, or it lies under another transform.
    """
    if not isAsRead(node):
        raise MalformedRegistrationError(
            f"transform node {oneLine(node.GetName())} is not as it was made from a "
            "deformable registration: take its deformation (deformationFromTransformNode) and "
            "give it with the images to the Deformable Registrator"
        )
    registered = node.GetAttribute(REGISTERED_FRAME)
    fixed = tuple(
        DeformableRegistrationItem(
            number=number,
            sourceFrame=registered,
            images=told.images,
            method=told.method,
            comment=told.comment,
            usedFiducials=told.usedFiducials,
        )
        for number, told in enumerate(descriptionsFromText(node.GetAttribute(REGISTERED_ITEMS)), 1)
    )
    return DeformableSpatialRegistration(
        registeredFrame=registered,
        items=(*fixed, _sourceItem(node, len(fixed) + 1)),
        sopClassUID=node.GetAttribute(SOP_CLASS),
        series=seriesFromText(node.GetAttribute(SERIES)),
        patient=patientFromText(node.GetAttribute(PATIENT)),
        **textsOf(node),
    )


@readsKeptText
def _sourceItem(node: slicer.vtkMRMLTransformNode, number: int) -> DeformableRegistrationItem:
    (told,) = descriptionsFromText(node.GetAttribute(SOURCE_ITEM))
    frame = node.GetAttribute(SOURCE_FRAME)
    return DeformableRegistrationItem(
        number=number,
        sourceFrame=frame,
        images=told.images,
        pre=matrixFromText(node.GetAttribute(PRE_MATRIX)),
        grid=heldDeformation(node, node.GetAttribute(REGISTERED_FRAME), frame).grid,
        post=matrixFromText(node.GetAttribute(POST_MATRIX)),
        method=told.method,
        comment=told.comment,
        usedFiducials=told.usedFiducials,
    )


def _deformationNodes(scene: slicer.vtkMRMLScene) -> Iterator[slicer.vtkMRMLTransformNode]:
    nodes = scene.GetNodesByClass("vtkMRMLTransformNode")
    nodes.UnRegister(None)  # the collection was made for us
    for index in range(nodes.GetNumberOfItems()):
        node = nodes.GetItemAsObject(index)
        if node.GetAttribute(LATTICE) is not None:
            yield node


def _gridInRAS(grid: DisplacementGrid, pre: np.ndarray) -> slicer.vtkOrientedGridTransform:
    """The map x ↦ x + R_pre⁻¹ Δ(x), float32; Δ is taken for zero at undefined nodes."""
    image = _imageGeometry(grid.lattice)
    vectors = _vectorsInRAS(grid, inverted(pre)[:3, :3])
    image.GetPointData().SetScalars(numpy_to_vtk(vectors.reshape(-1, 3)))
    axes = np.eye(4)
    axes[:3, :3] = LPS_TO_RAS[:3, :3] @ grid.lattice.directions
    result = slicer.vtkOrientedGridTransform()
    result.SetDisplacementGridData(image)
    result.SetGridDirectionMatrix(vtkMatrix(axes))
    result.SetInterpolationModeToLinear()
    result.SetInverseTolerance(INVERSE_TOLERANCE)
    return result


def _imageGeometry(lattice: Lattice) -> vtkImageData:
    image = vtkImageData()
    image.SetDimensions(*lattice.size)
    image.SetOrigin(*(lattice.origin @ LPS_TO_RAS[:3, :3]))
    image.SetSpacing(*lattice.spacing)
    return image


def _vectorsInRAS(grid: DisplacementGrid, turn: np.ndarray) -> np.ndarray:
    """`turn` · vectors, in RAS, slice by slice; bit for bit where `turn` does nothing."""
    result = np.empty(grid.vectors.shape, dtype=np.float32)
    signs = np.diag(LPS_TO_RAS)[:3].astype(np.float32)
    isUnturned = np.array_equal(turn, np.eye(3))
    with np.errstate(invalid="ignore"):
        for k, slab in enumerate(grid.vectors):
            result[k] = slab if isUnturned else slab.astype(float) @ turn.T
            result[k] *= signs
            result[k][grid.undefinedNodes[k]] = 0
    return result
