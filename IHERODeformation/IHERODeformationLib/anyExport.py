"""What any node of the scene can be exported as, deformations too."""

from __future__ import annotations

import slicer

from IHERORegistrationLib.databaseSeries import DatabaseSeries
from IHERORegistrationLib.errors import ReferenceNotFoundError
from IHERORegistrationLib.exportProposal import ExportTask
from IHERORegistrationLib.keptDerivation import derivationOf
from IHERORegistrationLib.nodeExport import exportTask, isLinear, namedImages


def anyExportTask(
    node: slicer.vtkMRMLNode,
    fixed: slicer.vtkMRMLScalarVolumeNode,
    moving: slicer.vtkMRMLScalarVolumeNode | None,
    known: DatabaseSeries,
) -> ExportTask:
    """What is exported of `node`: of a transform a Spatial Registration if it and all above it are
    matrices, else a deformable one; a registration needs a `moving` image.

    Raises
        IHEROError: see `exportTask`.
    """
    from .deformationExport import deformationExport  # at the top they would slow down opening
    from .imageExport import imageExport

    derivation = derivationOf(node)
    if derivation is not None:
        (target,) = namedImages((fixed,), known)
        return imageExport(node, derivation, target, known)
    if not node.IsA("vtkMRMLTransformNode") or isLinear(node, fixed):
        return exportTask(node, fixed, moving, known)
    if moving is None:
        raise ReferenceNotFoundError("say which image the registration moves")
    return deformationExport(node, *namedImages((fixed, moving), known))
