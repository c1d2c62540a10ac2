"""What the user says of an export: it is kept in the scene."""

from __future__ import annotations

from typing import Annotated, Union

import slicer
from slicer.parameterNodeWrapper import WithinRange, parameterNodeWrapper

from ..exportProposal import ExportChoices, ExportTask

# The box of nodes offers the classes of the annotation. Slicer knows unions by this name only.
ExportedNode = Union[  # noqa: UP007
    slicer.vtkMRMLTransformNode,
    slicer.vtkMRMLSegmentationNode,
    slicer.vtkMRMLScalarVolumeNode,
    slicer.vtkMRMLMarkupsFiducialNode,
    None,
]


@parameterNodeWrapper
class ExportParameters:
    """`exportedNode` is written with the images `exportFixed` and, of a registration,
    `exportMoving`. `exportConfirmed` are the IDs of what the user's confirmations are about,
    `exportProposed` is the node whose own words were proposed, `exportProposedLabel` the label
    among them. `exportReport` tells what was written last.
    """

    exportedNode: ExportedNode
    exportFixed: slicer.vtkMRMLScalarVolumeNode
    exportMoving: slicer.vtkMRMLScalarVolumeNode
    exportConfirmed: str
    exportProposed: str
    exportProposedLabel: str
    exportProfile: str
    exportLabel: str
    exportDescription: str
    exportMethod: str
    exportComment: str
    exportLayout: str
    exportStructureType: str
    exportError: Annotated[float, WithinRange(0.01, 5)] = 0.1
    exportSpacing: Annotated[float, WithinRange(0, 50)] = 0.0
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
        structureType=state.exportStructureType,
        error=state.exportError,
        spacing=state.exportSpacing,
        otherPatientConfirmed=state.exportOtherPatient,
        withinFrameConfirmed=state.exportWithinFrame,
    )


def propose(state: ExportParameters, task: ExportTask) -> None:
    """Put in what the node says of itself, once; the label follows as long as nobody changes it."""
    assert state.exportedNode is not None
    node, words = state.exportedNode.GetID(), task.proposed
    if state.exportProposed == node and state.exportProfile in task.form.profiles:
        if state.exportLabel == state.exportProposedLabel:
            state.exportLabel = words.label
        state.exportProposedLabel = words.label
        return
    state.exportProposed, state.exportProposedLabel = node, words.label
    state.exportReport = ""
    state.exportProfile = words.profile
    state.exportLabel = words.label
    state.exportDescription = words.description
    state.exportMethod = words.method
    state.exportComment = words.comment
    state.exportLayout = words.layout
    state.exportStructureType = words.structureType


def forgetConfirmations(state: ExportParameters, ends: str) -> bool:
    """What was confirmed of other nodes is not confirmed of `ends`; whether they are others."""
    if ends == state.exportConfirmed:
        return False
    state.exportConfirmed = ends
    state.exportOtherPatient = state.exportWithinFrame = False
    return True
