"""What our plugins say in Slicer's own dialog “Export to DICOM”, and what they write from there."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

from .databaseImages import knownImages
from .errors import IHEROError, ReferenceNotFoundError
from .exportProposal import (
    ExportChoices,
    ExportedObject,
    ExportProposal,
    ExportTask,
    LabelKind,
    exportProposal,
)
from .nodeExport import exportImages
from .registrationRecord import Watch
from .sentences import oneLine
from .storedExport import takeBack
from .subjectHierarchy import hierarchyOf

# Tags by which the dialog asks, beside those of the object
FIXED, MOVING, METHOD, PROFILE = "FixedImage", "MovingImage", "Method", "Profile"
IDENTITY = ("PatientID", "PatientName", "PatientBirthDate")

# Of a node, its fixed and its moving image
TaskOf = Callable[[slicer.vtkMRMLNode, slicer.vtkMRMLNode, slicer.vtkMRMLNode | None], ExportTask]


def offer(exportable: Any, node: slicer.vtkMRMLNode, taskOf: TaskOf) -> bool:
    """Describe in `exportable` what is written of `node`; whether nothing lacks for it."""
    exportable.name = _("IHE-RO object of {name}").format(name=node.GetName())
    images = exportImages(node, knownImages(slicer.dicomDatabase))
    ends = {FIXED: images.fixed, **({MOVING: images.moving} if images.hasMoving else {})}
    unclear = [_question(tag, nodes) for tag, nodes in ends.items() if len(nodes) != 1]
    for tag, nodes in ends.items():
        exportable.setTag(tag, nodes[0].GetName() if len(nodes) == 1 else "")
    if unclear:
        exportable.tooltip = "\n".join(unclear)
        return False
    try:
        task = _taskOf(node, exportable, taskOf)
    except IHEROError as error:
        exportable.tooltip = oneLine(str(error))
        return False
    _describe(exportable, task)
    return exportProposal(task, task.proposed).isPossible


def write(exportables: Iterable[Any], taskOf: TaskOf) -> str:
    """Write all of them into their folders; "", or none was and this is why. The nodes know then
    what they are, before the dialog adds the folders to the database: the files are there.
    """
    made: list[tuple[ExportTask, ExportedObject, Path]] = []
    for one in exportables:
        try:
            made.append(_made(one, taskOf))
        except IHEROError as error:
            logging.error("DICOM export was refused: %s", type(error).__name__)
            return f"{one.name}: {error}"
    try:
        with ExitStack() as undo:
            for task, result, folder in made:
                undo.callback(takeBack, task.save(result, folder), folder)
            undo.pop_all()
        for _task, result, _folder in made:
            result.remember()
    except IHEROError as error:
        return str(error)
    return ""


def _made(exportable: Any, taskOf: TaskOf) -> tuple[ExportTask, ExportedObject, Path]:
    item = exportable.subjectHierarchyItemID
    node = hierarchyOf(slicer.mrmlScene).GetItemDataNode(item)
    if node is None or node.GetScene() is None:
        raise ReferenceNotFoundError(_("it was removed from the scene"))
    task = _taskOf(node, exportable, taskOf)
    choices = _choices(exportable, task)
    proposal = exportProposal(task, choices)
    if not proposal.isPossible:
        raise ReferenceNotFoundError("\n".join(proposalLines(proposal)))
    result = task.made(choices, Watch())
    _requireIdentity(exportable, result)
    return task, result, Path(exportable.directory)


def _taskOf(node: slicer.vtkMRMLNode, exportable: Any, taskOf: TaskOf) -> ExportTask:
    images = exportImages(node, knownImages(slicer.dicomDatabase))
    fixed = _chosen(exportable.tag(FIXED), FIXED, images.fixed)
    moving = _chosen(exportable.tag(MOVING), MOVING, images.moving) if images.hasMoving else None
    return taskOf(node, fixed, moving)


def proposalLines(proposal: ExportProposal) -> list[str]:
    """A proposal as plain text: the sentence, what lacks, the findings, the remarks."""
    return [
        f"{proposal.sentence}.",
        *(f"{one}." for one in proposal.missing),
        *([f"Not possible: {proposal.refusal}."] if proposal.refusal else []),
        *map(str, proposal.findings),
        *proposal.remarks,
    ]


def _describe(exportable: Any, task: ExportTask) -> None:
    """Name, tags and what a user is told before anything is written."""
    proposed = task.proposed
    exportable.name = f"{task.form.kind}: {task.sentence}"
    exportable.setTag("Modality", task.form.modality)
    exportable.setTag("SeriesDescription", proposed.description)
    if task.form.label is not LabelKind.NONE:
        exportable.setTag("ContentLabel", proposed.label)
    if task.form.methods:
        exportable.setTag(METHOD, proposed.method)
    exportable.setTag(PROFILE, proposed.profile)
    words = proposalLines(exportProposal(task, proposed))
    if task.form.methods:
        words.append(f"{METHOD} is one of: {', '.join(task.form.methods)}.")
    words.append(f"{PROFILE} is one of: {', '.join(task.form.profiles)}.")
    exportable.tooltip = "\n".join(words)


def _choices(exportable: Any, task: ExportTask) -> ExportChoices:
    told = {
        "label": exportable.tag("ContentLabel"),
        "description": exportable.tag("SeriesDescription"),
        "method": exportable.tag(METHOD),
        "profile": exportable.tag(PROFILE),
    }
    return replace(task.proposed, **told)


def _question(tag: str, nodes: Sequence[slicer.vtkMRMLNode]) -> str:
    if not nodes:
        return f"{tag}: no image from DICOM in the scene may be meant; load it first."
    names = ", ".join(node.GetName() for node in nodes)
    return f"{tag}: say which of these is meant: {names}."


def _chosen(
    name: str, tag: str, nodes: Sequence[slicer.vtkMRMLScalarVolumeNode]
) -> slicer.vtkMRMLScalarVolumeNode:
    found = [node for node in nodes if node.GetName() == name]
    if len(found) != 1:
        raise ReferenceNotFoundError(_question(tag, nodes))
    return found[0]


def _requireIdentity(exportable: Any, result: ExportedObject) -> None:
    """The dialog lets tags of the patient be edited; the object keeps those of its images."""
    for tag in IDENTITY:
        told, real = exportable.tag(tag), str(result.datasets[0].get(tag) or "")
        if told and told != real:
            raise ReferenceNotFoundError(
                f"{tag} differs from that of the images, to which the object belongs: it cannot be "
                "changed here"
            )
