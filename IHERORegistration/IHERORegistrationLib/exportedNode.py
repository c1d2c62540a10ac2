"""What the writers of nodes share, whatever the kind of object."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import slicer

from .errors import MalformedObjectError
from .exportProposal import ExportChoices, ExportedObject
from .images import ImageSeries
from .nodeIdentity import patientOfNode
from .samePatient import requireSamePatient
from .saving import saveDataset
from .sentences import oneLine


@dataclass(frozen=True, eq=False)
class NamedSeries:
    """The images behind a node, by the name that the user sees; `node` shows them, None where none
    of the scene does.
    """

    series: ImageSeries
    name: str
    node: slicer.vtkMRMLScalarVolumeNode | None = None


def requireInScene(node: slicer.vtkMRMLNode, what: str) -> None:
    """Let `node`, `what` it is in words, be written.

    Raises
        MalformedObjectError: it has left the scene meanwhile.
    """
    if node.GetScene() is None:
        raise MalformedObjectError(f"{what} was removed from the scene")


def requireOwnPatient(
    node: slicer.vtkMRMLNode, images: Iterable[NamedSeries], choices: ExportChoices
) -> None:
    """Let `node` be written as of the patient of `images`.

    Raises
        PatientMismatchError: it is of another patient and `choices` do not confirm it.
    """
    for one in images:
        requireSamePatient(
            one.series.patient,
            patientOfNode(node),
            oneLine(node.GetName()),
            confirmed=choices.otherPatientConfirmed,
        )


def savedObject(made: ExportedObject, folder: Path, kind: str) -> list[Path]:
    """The one file of what was `made`, new in `folder`, named after its `kind`.

    Raises
        FileExistsRefusal, SavingError: see `saveDataset`.
    """
    (dataset,) = made.datasets
    return [saveDataset(dataset, folder / fileName(kind, dataset.SOPInstanceUID))]


def fileName(kind: str, sopInstanceUID: str) -> str:
    """A file name that nothing else has: UIDs are made of digits and dots."""
    return f"{kind}_{sopInstanceUID}.dcm"
