"""Registrations, structures and doses in Slicer's own dialog “Export to DICOM”.

The dialog shows what each plugin offers, the surest first, and of plugins that are equally sure
only one; so our numbers are nobody else's. What it lets the user edit are tags: there we ask what
has to be said. It calls `export` with all that was chosen of one plugin, and adds the folder that
it gave to the database itself; what comes back as text is shown as error.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import slicer
from DICOMLib import DICOMPlugin
from slicer.i18n import tr as _

from .databaseSeries import DatabaseSeries
from .errors import IHEROError, ReferenceNotFoundError
from .exportProposal import (
    ExportChoices,
    ExportedObject,
    ExportProposal,
    ExportTask,
    LabelKind,
    exportProposal,
)
from .nodeExport import exportImages, exportTask, isExported, isOfDeformation
from .registrationRecord import Watch
from .sentences import oneLine
from .subjectHierarchy import hierarchyOf

# Tags by which the dialog asks, beside those of the object
FIXED, MOVING, METHOD, PROFILE = "FixedImage", "MovingImage", "Method", "Profile"
IDENTITY = ("PatientID", "PatientName", "PatientBirthDate")


class ExportPlugin(DICOMPlugin):
    """Writer of what has an object of ours, but for deformations."""

    key: ClassVar[str] = "IHERORegistrationExport"  # in slicer.modules.dicomPlugins
    confidence: ClassVar[float] = 1.001  # above SlicerRT's 1.0
    doubt: ClassVar[float] = 0.401  # where something lacks: below whoever can write it

    @classmethod
    def register(cls) -> None:
        """Make the plugin known to Slicer, whose DICOM module may not be there yet."""
        if not hasattr(slicer.modules, "dicomPlugins"):
            slicer.modules.dicomPlugins = {}
        slicer.modules.dicomPlugins[cls.key] = cls

    def __init__(self) -> None:
        super().__init__()
        self.loadType = _("IHE-RO export")

    def isOurs(self, node: slicer.vtkMRMLNode) -> bool:
        """Whether this plugin writes nodes like `node`."""
        return isExported(node) and not isOfDeformation(node)

    def task(
        self,
        node: slicer.vtkMRMLNode,
        fixed: slicer.vtkMRMLScalarVolumeNode,
        moving: slicer.vtkMRMLScalarVolumeNode | None,
    ) -> ExportTask:
        """What is to be written of `node`."""
        return exportTask(node, fixed, moving, DatabaseSeries(slicer.dicomDatabase))

    def examineForExport(self, subjectHierarchyItemID: int) -> list[Any]:
        """The one object of that item; none if it is not for us."""
        node = hierarchyOf(slicer.mrmlScene).GetItemDataNode(subjectHierarchyItemID)
        if node is None or node.GetScene() is None or not self.isOurs(node):
            return []
        exportable = slicer.qSlicerDICOMExportable()
        exportable.subjectHierarchyItemID = subjectHierarchyItemID
        exportable.pluginClass = self.key
        exportable.confidence = self.doubt
        exportable.name = _("IHE-RO object of {name}").format(name=node.GetName())
        images = exportImages(node)
        ends = {FIXED: images.fixed, **({MOVING: images.moving} if images.hasMoving else {})}
        unclear = [_question(tag, nodes) for tag, nodes in ends.items() if len(nodes) != 1]
        for tag, nodes in ends.items():
            exportable.setTag(tag, nodes[0].GetName() if len(nodes) == 1 else "")
        if unclear:
            exportable.tooltip = "\n".join(unclear)
            return [exportable]
        try:
            task = self._taskOf(node, exportable)
        except IHEROError as error:
            exportable.tooltip = oneLine(str(error))
            return [exportable]
        _describe(exportable, task)
        if exportProposal(task, task.proposed).isPossible:
            exportable.confidence = self.confidence
        return [exportable]

    def export(self, exportables: Iterable[Any]) -> str:
        """Write all of them, or none and say why."""
        made: list[tuple[ExportTask, ExportedObject, Path]] = []
        for one in exportables:
            try:
                made.append(self._made(one))
            except IHEROError as error:
                logging.error("DICOM export was refused: %s", type(error).__name__)
                return f"{one.name}: {error}"
        written: list[Path] = []
        try:
            for task, result, folder in made:
                written += task.save(result, folder)
        except IHEROError as error:
            for path in written:
                path.unlink(missing_ok=True)
            return str(error)
        return ""

    def _made(self, exportable: Any) -> tuple[ExportTask, ExportedObject, Path]:
        item = exportable.subjectHierarchyItemID
        node = hierarchyOf(slicer.mrmlScene).GetItemDataNode(item)
        if node is None or node.GetScene() is None:
            raise ReferenceNotFoundError(_("it was removed from the scene"))
        task = self._taskOf(node, exportable)
        choices = _choices(exportable, task)
        proposal = exportProposal(task, choices)
        if not proposal.isPossible:
            raise ReferenceNotFoundError("\n".join(proposalLines(proposal)))
        result = task.made(choices, Watch())
        _requireIdentity(exportable, result)
        return task, result, Path(exportable.directory)

    def _taskOf(self, node: slicer.vtkMRMLNode, exportable: Any) -> ExportTask:
        images = exportImages(node)
        fixed = _chosen(exportable.tag(FIXED), FIXED, images.fixed)
        moving = (
            _chosen(exportable.tag(MOVING), MOVING, images.moving) if images.hasMoving else None
        )
        return self.task(node, fixed, moving)


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
