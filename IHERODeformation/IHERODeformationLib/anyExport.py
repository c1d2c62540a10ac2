"""What of a scene can be written as a registration object, of whichever kind."""

from __future__ import annotations

import slicer

from IHERORegistrationLib.exportProposal import ExportTask
from IHERORegistrationLib.rigidExport import NamedSeries, rigidExport

from .deformationExport import deformationExport, isLinear


def registrationExport(
    node: slicer.vtkMRMLTransformNode, fixed: NamedSeries, moving: NamedSeries
) -> ExportTask:
    """`node` as a Spatial Registration if it and all above it are matrices, else as a deformable
    one.

    Raises
        MalformedRegistrationError: a node made from a deformation with undefined nodes has been
        changed, so that nobody knows any more where they are.
    """
    if isLinear(node):
        return rigidExport(node, fixed, moving)
    return deformationExport(node, fixed, moving)
