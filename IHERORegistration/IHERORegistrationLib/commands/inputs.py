"""What the commands are given: registrations named on the command line and the data beside them."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from IHERODeformationLib.anyRegistration import AnyRegistration, storedRegistration
from IHERODeformationLib.chosenReading import NOT_APPLIED, registrationReadAs
from IHERODeformationLib.deformableRegistration import DeformableSpatialRegistration
from IHERODeformationLib.deformation import OutsideGrid
from IHERODeformationLib.deformationNotes import SEQUENCE, contentNotes
from IHERODeformationLib.dialects import GRID
from IHERODeformationLib.frameWays import registrationGraph
from IHERODeformationLib.readings import ReadingName, readingNames
from IHERODeformationLib.sameContent import sameContent

from ..errors import (
    DeformableContentError,
    IHEROError,
    MalformedObjectError,
    ReferenceNotFoundError,
)
from ..frames import FrameGraph
from ..notes import Note
from ..patient import Patient
from ..reader import NOTHING_AT_HAND
from ..registration import SpatialRegistration, allNotes
from ..samePatient import requireSamePatient
from ..sentences import shortUID
from ..vectorContent import vectorContent
from .telling import frameNames, remark, tellNotes

if TYPE_CHECKING:  # reading a folder costs start-up time
    from ..dataFolder import DataFolder


@dataclass(frozen=True, eq=False)
class Inputs:
    """The registrations of a command, in the order given, and the images, structures and doses
    that lie under `--data`, or None.
    """

    registrations: tuple[AnyRegistration, ...]
    folder: DataFolder | None

    @property
    def graph(self) -> FrameGraph:
        """How the registrations connect frames: deformations one way only."""
        return registrationGraph(self.registrations)

    @property
    def rigid(self) -> tuple[SpatialRegistration, ...]:
        """The registrations that are matrices."""
        return tuple(one for one in self.registrations if isinstance(one, SpatialRegistration))

    @property
    def rigidOnly(self) -> tuple[SpatialRegistration, ...]:
        """The registrations, all of them matrices.

        Raises
            DeformableContentError: one has a grid.
        """
        if self.deformable:
            raise DeformableContentError(
                "expected Spatial Registrations, found a Deformable Spatial Registration: "
                f"{self.deformable[0].sopInstanceUID}"
            )
        return self.rigid

    @property
    def deformable(self) -> tuple[DeformableSpatialRegistration, ...]:
        """The registrations with grids."""
        kind = DeformableSpatialRegistration
        return tuple(one for one in self.registrations if isinstance(one, kind))

    @property
    def names(self) -> dict[str, str]:
        """What lies in each frame, for sentences."""
        return frameNames(self.folder.series) if self.folder else {}

    @property
    def folderAtHand(self) -> DataFolder:
        """The data folder.

        Raises
            ReferenceNotFoundError: none was given.
        """
        if self.folder is None:
            raise ReferenceNotFoundError("expected a folder with the images, found no --data DIR")
        return self.folder


def readInputs(paths: Iterable[str], data: str | None, arguments: argparse.Namespace) -> Inputs:
    """Read the registrations and scan the data folder; one object given twice counts once.

    All vectors are looked at, for they are to be applied.

    Raises
        MalformedObjectError: an object cannot be read.
        PatientMismatchError: objects of different patients, not confirmed.
    """
    folder = None
    if data is not None:
        from ..dataFolder import dataFolder

        folder = dataFolder(Path(data))
    frames = folder.frameOfInstance if folder else NOTHING_AT_HAND
    byUID: dict[str, AnyRegistration] = {}
    for path in paths:
        registration = _registration(Path(path), frames, arguments.strict)
        known = byUID.setdefault(registration.sopInstanceUID or path, registration)
        if known is not registration and not sameContent(known, registration):
            raise MalformedObjectError(
                f"expected an object of its own, found SOP Instance UID "
                f"{registration.sopInstanceUID} with other content before: {path}"
            )
    inputs = Inputs(tuple(_read(one, arguments) for one in byUID.values()), folder)
    _requireOnePatient(inputs, arguments)
    for note in folder.notes if folder else ():
        remark(str(note), arguments)
    for registration in inputs.registrations:
        for note in allNotes(registration):
            remark(str(note), arguments)
    for registration in inputs.deformable:
        tellNotes(_vectorNotes(registration), arguments)
    return inputs


def readingArgument(parser: argparse.ArgumentParser) -> None:
    """The option for objects that are known to mean something else than the standard says."""
    parser.add_argument(
        "--reading",
        choices=[one.value for one in ReadingName if one not in NOT_APPLIED],
        help="read the registrations otherwise than the standard; recorded in what is made",
    )


def inverseArgument(parser: argparse.ArgumentParser) -> None:
    """The option to go against deformations."""
    parser.add_argument(
        "--inverse", action="store_true", help="also against deformations, by numerical inverse"
    )


def outsideArgument(parser: argparse.ArgumentParser) -> None:
    """The option for what holds beyond deformation grids."""
    parser.add_argument(
        "--outside",
        choices=[one.value for one in OutsideGrid],
        default=OutsideGrid.UNDEFINED.value,
        help="beyond a deformation grid: nothing, or the matrices alone",
    )


def _registration(path: Path, frames: Mapping[str, str], strict: bool) -> AnyRegistration:
    """The registration in a file, which every error names."""
    try:
        return storedRegistration(path, frameOfInstance=frames, strict=strict).registration
    except IHEROError as error:
        message = str(error)
        raise type(error)(message if str(path) in message else f"{path}: {message}") from error


def _read(registration: AnyRegistration, arguments: argparse.Namespace) -> AnyRegistration:
    """`registration` as the user wants to read it: by default as the standard says.

    Raises
        MalformedObjectError: it cannot be read otherwise.
    """
    chosen = getattr(arguments, "reading", None)
    if chosen is None:
        return registration
    known = readingNames(registration)
    if ReadingName(chosen) not in known:
        others = ", ".join(one for one in known if one not in NOT_APPLIED)
        raise MalformedObjectError(
            f"expected a registration that can be read as {chosen}, found {others or 'none'}: "
            f"{registration.sopInstanceUID}"
        )
    return registrationReadAs(registration, ReadingName(chosen))


def _vectorNotes(registration: DeformableSpatialRegistration) -> Iterator[Note]:
    """Remarks on the vectors of all its grids, and on where these fold space."""
    for item in registration.items:
        if item.grid is not None:
            location = f"{SEQUENCE}[{item.number}]/{GRID}[1]"
            steps, pre = item.grid.lattice.ijkToLPS[:3, :3], item.preMatrix[:3, :3]
            found = vectorContent(item.grid.vectors, steps, pre)
            yield from contentNotes(found, location)
            if found.folded and np.linalg.det(pre) > 0:
                defined = found.nodes - found.undefined
                yield Note(
                    "folded space",
                    f"{location}/VectorGridData",
                    f"a Jacobian determinant of 0 or less at {found.folded} of "
                    f"{defined} defined nodes, the least {found.smallest:.3g}",
                    "applied as stored; there several points arrive at one place",
                    repaired=False,
                )


def _requireOnePatient(inputs: Inputs, arguments: argparse.Namespace) -> None:
    """All registrations, and the images that they refer to, must be of one patient."""
    patients: list[tuple[str, Patient]] = [
        (f"registration {shortUID(one.sopInstanceUID)}", one.patient)
        for one in inputs.registrations
    ]
    if inputs.folder is not None:
        frames = inputs.graph.frames
        patients += [
            (
                f"{series.modality} series {shortUID(series.reference.seriesInstanceUID)}",
                series.patient,
            )
            for series in inputs.folder.series
            if series.frame in frames
        ]
    for number, (what, patient) in enumerate(patients):
        for _, earlier in patients[:number]:  # the first may not tell whose it is
            requireSamePatient(earlier, patient, what, confirmed=arguments.otherPatientOK)
        if any(earlier.differences(patient) for _, earlier in patients[:number]):
            remark(f"{what} is of another patient; confirmed by --other-patient-ok", arguments)
