"""A dose that was read from an RT Dose, with the values that its node has now, as a new one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import slicer

from .dose import Dose
from .doseObject import DoseContent, SpatialTransform, datasetFromDose
from .errors import FrameOfReferenceError
from .exportedNode import NamedSeries, requireInScene, requireOwnPatient, savedObject
from .exportFindings import PATIENT_ROWS, exportFindings
from .exportProposal import (
    ExportChoices,
    ExportedObject,
    ExportForm,
    LabelKind,
    textFromName,
)
from .lattice import Lattice, Volume
from .nodePlace import requireOnLattice
from .nodeVolumes import volumeFromNode
from .registrationRecord import Watch
from .samePatient import requireSamePatient
from .shownAndWritten import shownElsewhere
from .study import Study

FORM = ExportForm("RT Dose", "RTDOSE", ("BRTO-II", "DICOM"), label=LabelKind.NONE)
STATEMENT = "Values of the scene, where they were read"


@dataclass(frozen=True, eq=False)
class DoseExport:
    """The values of `node`, which was read from `source`, with `images`; see ExportTask."""

    node: slicer.vtkMRMLScalarVolumeNode
    source: Dose
    images: NamedSeries
    proposed: ExportChoices
    form: ExportForm = field(default=FORM, init=False)

    @property
    def sentence(self) -> str:
        """“Stores Dose PLAN where it lies on Planning CT”."""
        return f"Stores {self.node.GetName()} where it lies on {self.images.name}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """That a transform above the node does not count."""
        instead = "carry the dose to store it on the other images"
        return shownElsewhere(self.node, "read", instead)

    def preview(self, choices: ExportChoices) -> ExportedObject:
        """The object with few voxels: what its header breaks."""
        whole = self.source.volume
        few = whole.values[:2, :2, :2]
        nk, nj, ni = few.shape
        lattice = Lattice((ni, nj, nk), whole.lattice.ijkToLPS)
        return self._object(Volume(few, lattice, whole.frame), choices)

    def made(self, choices: ExportChoices, watch: Watch) -> ExportedObject:
        """The object.

        Raises
            PatientMismatchError, FrameOfReferenceError, NonconformantError: see `datasetFromDose`.
            MalformedObjectError: the node has no voxels any more.
        """
        requireInScene(self.node, "the dose")
        watch.tell("Taking the values", 0.0, 0.0)
        return self._object(volumeFromNode(self.node, self.source.frame), choices)

    def _object(self, volume: Volume, choices: ExportChoices) -> ExportedObject:
        requireOwnPatient(self.node, (self.images,), choices)
        series, confirmed = self.images.series, choices.otherPatientConfirmed
        requireSamePatient(series.patient, self.source.patient, "the dose", confirmed=confirmed)
        content = DoseContent(
            volume=volume,
            sources=(self.source,),
            target=series,
            kind=SpatialTransform.NONE,
            registrations=(),
            statement=STATEMENT,
            summationType=self.source.summationType,
        )
        dataset = datasetFromDose(content, choices.description, created=datetime.now())
        found = exportFindings(
            dataset,
            choices.profile,
            Study((*series.headers, self.source.header)),
            series.headers[0],
            owed=PATIENT_ROWS if confirmed else (),
        )
        return ExportedObject((dataset,), found)

    def save(self, made: ExportedObject, folder: Path) -> list[Path]:
        """Its one file."""
        return savedObject(made, folder, "RTDOSE")


def doseExport(
    node: slicer.vtkMRMLScalarVolumeNode, source: Dose, images: NamedSeries
) -> DoseExport:
    """The values of `node`, in the frame of `images`.

    Raises
        FrameOfReferenceError: the dose lies in another frame, or was moved out of it.
    """
    requireOnLattice(node, source.volume.lattice)
    if source.frame != images.series.frame:
        raise FrameOfReferenceError(
            f"expected images in the frame {source.frame} of the dose, found {images.name} in "
            f"{images.series.frame}: carry the dose there"
        )
    proposed = ExportChoices(description=textFromName(node.GetName()), profile=FORM.profiles[0])
    return DoseExport(node, source, images, proposed)
