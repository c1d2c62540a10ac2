"""A volume that was made through registrations, as a DICOM series on the lattice of its target."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
import slicer

from IHERORegistrationLib.codes import DEFORMED_FOR_REGISTRATION, SPATIAL_RESAMPLING
from IHERORegistrationLib.databaseSeries import DatabaseSeries
from IHERORegistrationLib.derivedImages import ResampledImage, datasetsFromResampled
from IHERORegistrationLib.errors import MalformedObjectError, NonconformantError
from IHERORegistrationLib.exportedNode import NamedSeries, requireInScene, requireOwnPatient
from IHERORegistrationLib.exportFindings import PATIENT_ROWS, exportFindings
from IHERORegistrationLib.exportProposal import (
    ExportChoices,
    ExportedObject,
    ExportForm,
    LabelKind,
    textFromName,
)
from IHERORegistrationLib.frames import TransformChain
from IHERORegistrationLib.images import ImageSeries
from IHERORegistrationLib.keptDerivation import Derivation
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.nodeVolumes import volumeFromNode
from IHERORegistrationLib.registeredDisplay import backgroundFor
from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.saving import saveSeries
from IHERORegistrationLib.study import Study

from .anyRegistration import storedRegistration
from .deformation import OutsideGrid
from .frameWays import registrationWay

MOVED = 1e-3  # mm that a corner may lie beside the target's


@dataclass(frozen=True, eq=False)
class ImageExport:
    """The voxels of `node` on the lattice of `target`; see ExportTask. They came from `source`
    by `way`, from the frame of the target to that of the source.
    """

    node: slicer.vtkMRMLScalarVolumeNode
    derivation: Derivation
    source: ImageSeries
    target: NamedSeries
    way: TransformChain
    proposed: ExportChoices
    form: ExportForm
    remarks: tuple[str, ...] = field(default=())

    @property
    def sentence(self) -> str:
        """“Stores MR T1 on Planning CT as images on the slices of Planning CT”."""
        return f"Stores {self.node.GetName()} as images on the slices of {self.target.name}"

    def preview(self, choices: ExportChoices) -> ExportedObject:
        """The first image, without values: what its header breaks."""
        whole = self.target.series.lattice
        ni, nj, _ = whole.size
        values = np.full((1, nj, ni), self.source.padding, np.float32)
        few = Volume(values, Lattice((ni, nj, 1), whole.ijkToLPS), self.target.series.frame)
        return self._object(few, np.zeros(values.shape, bool), np.zeros((), bool), choices)

    def made(self, choices: ExportChoices, watch: Watch) -> ExportedObject:
        """The series.

        Raises
            MalformedObjectError: the node left the scene, or lies elsewhere than its target.
            PatientMismatchError: it is of another patient and nobody confirmed it.
            NonconformantError: it would break the profile, or the source is of a kind that is not
            written.
            RegistrationCancelledError: `watch` wants it to end.
        """
        requireInScene(self.node, "the volume")
        series = self.target.series
        volume = volumeFromNode(self.node, series.frame)
        corners = volume.lattice.corners, series.lattice.corners
        if (
            volume.lattice.size != series.lattice.size
            or np.abs(np.subtract(*corners)).max() > MOVED
        ):
            raise MalformedObjectError(
                f"{self.node.GetName()} does not lie on the voxels of {self.target.name} any more"
            )
        outside = np.zeros(volume.values.shape, bool)
        undefined = np.zeros(volume.values.shape, bool)
        for k in range(len(outside)):
            watch.tell("Looking where there is no value", k / len(outside), 0.0)
            outside[k], undefined[k] = self._withoutValue(volume, k)
        watch.tell("Making the images", 0.0, 0.0)
        return self._object(volume, outside, undefined, choices)

    def _withoutValue(self, volume: Volume, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The voxels of slice `k` that lie outside the source, and those that the way leaves
        undefined; shape (nj, ni) both. Of a deformed image only voxels are asked that hold what
        stands for no value: its ways take long.
        """
        values = volume.values[k]
        asked = np.ones(values.shape, bool)
        if self.derivation.isDeformed:
            asked = np.isnan(values) | (values == backgroundFor(volume, self.source))
        outside, undefined = np.zeros_like(asked), np.zeros_like(asked)
        places = np.argwhere(asked)
        if not len(places):
            return outside, undefined
        index = np.column_stack([places[:, ::-1], np.full(len(places), k)])
        there = self.way(volume.lattice.points(index))
        undefined[asked] = np.isnan(there).any(axis=-1)
        isOutside = True if self.derivation.isDeformed else ~self.source.lattice.contains(there)
        outside[asked] = isOutside & ~undefined[asked]
        return outside, undefined

    def _object(
        self, volume: Volume, outside: np.ndarray, undefined: np.ndarray, choices: ExportChoices
    ) -> ExportedObject:
        requireOwnPatient(self.node, (self.target,), choices)
        told = self.derivation
        image = ResampledImage(
            volume=volume,
            outside=outside,
            source=self.source,
            target=self.target.series,
            transform=self.way,
            interpolation=told.interpolation,
            registrations=told.registrations,
            undefined=undefined,
            derivation=DEFORMED_FOR_REGISTRATION if told.isDeformed else SPATIAL_RESAMPLING,
            remarks=told.remarks,
            profile=choices.profile,
        )
        made = datasetsFromResampled(image, choices.description, created=datetime.now())
        headers = (*self.source.headers, *self.target.series.headers)
        found = exportFindings(
            made[0], choices.profile, Study((*headers, *made)), headers[0], owed=PATIENT_ROWS
        )
        return ExportedObject(tuple(made), found)

    def save(self, made: ExportedObject, folder: Path) -> list[Path]:
        """A folder of the series, with a file for each image."""
        uid = str(made.datasets[0].SeriesInstanceUID)
        return saveSeries(made.datasets, folder / f"{made.datasets[0].Modality}_{uid}")


def imageExport(
    node: slicer.vtkMRMLScalarVolumeNode,
    derivation: Derivation,
    target: NamedSeries,
    known: DatabaseSeries,
) -> ImageExport:
    """`node`, which came about by `derivation`, on the slices of `target`.

    Raises
        ReferenceNotFoundError: the source, or a registration, is not in the database.
        FrameOfReferenceError: the registrations do not connect them.
        NonconformantError: no stored registration was used.
    """
    source = known.seriesOf(derivation.source, f"the source of {node.GetName()}")
    used = [
        storedRegistration(path).registration
        for one in derivation.registrations
        for path in known.filesOf(
            tuple(instance.sopInstanceUID for instance in one),
            f"the registration that {node.GetName()} was made by",
        )
    ]
    if not used and source.frame != target.series.frame:
        raise NonconformantError(
            f"{node.GetName()} was made by a registration that was no DICOM object then: export "
            "that first and make the image again",
            (),
        )
    outside = OutsideGrid.RIGID if derivation.isRigidOutside else OutsideGrid.UNDEFINED
    way = registrationWay(
        used,
        target.series.frame,
        source.frame,
        numericalInverse=derivation.isNumericallyInverted,
        outsideGrid=outside,
    )
    first = derivation.profile or ("DRRO" if derivation.isDeformed else "MMRO-III")
    profiles = tuple(dict.fromkeys((first, "DICOM")))
    form = ExportForm(f"{source.modality} images", source.modality, profiles, label=LabelKind.NONE)
    proposed = ExportChoices(description=textFromName(node.GetName()), profile=first)
    return ImageExport(node, derivation, source, target, way, proposed, form)
