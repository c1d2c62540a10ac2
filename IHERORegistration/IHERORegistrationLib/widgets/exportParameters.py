"""What the user says of an export: it is kept in the scene."""

from __future__ import annotations

import slicer
from slicer.parameterNodeWrapper import parameterNodeWrapper

from ..exportProposal import ExportChoices, ExportTask


@parameterNodeWrapper
class ExportParameters:
    """`exportedNode` is written with the images `exportFixed` and, of a registration,
    `exportMoving`. `exportAsked` is the ID of the node and images whose own words were proposed
    last. `exportReport` tells what was written last.
    """

    exportedNode: slicer.vtkMRMLNode
    exportFixed: slicer.vtkMRMLScalarVolumeNode
    exportMoving: slicer.vtkMRMLScalarVolumeNode
    exportAsked: str
    exportProfile: str
    exportLabel: str
    exportDescription: str
    exportMethod: str
    exportComment: str
    exportLayout: str
    exportError: float = 0.1
    exportSpacing: float = 0.0
    exportOtherPatient: bool
    exportWithinFrame: bool
    exportToDatabase: bool = True
    exportToFolder: bool
    exportFolder: str
    exportReport: str


def choicesOf(state: ExportParameters) -> ExportChoices:
    """The parameters as the library takes them."""
    return ExportChoices(
        label=state.exportLabel,
        description=state.exportDescription,
        method=state.exportMethod,
        comment=state.exportComment,
        profile=state.exportProfile,
        layout=state.exportLayout,
        error=state.exportError,
        spacing=state.exportSpacing,
        otherPatientConfirmed=state.exportOtherPatient,
        withinFrameConfirmed=state.exportWithinFrame,
    )


def propose(state: ExportParameters, task: ExportTask) -> None:
    """Put in what the node says of itself."""
    words = task.proposed
    state.exportProfile = words.profile
    state.exportLabel = words.label
    state.exportDescription = words.description
    state.exportMethod = words.method
    state.exportComment = words.comment
    state.exportLayout = words.layout
