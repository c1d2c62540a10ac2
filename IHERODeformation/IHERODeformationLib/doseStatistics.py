"""What dose a structure gets: extremes, mean, integral, D95, D2cc, and how much of it is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from IHERORegistrationLib.contourPlanes import sliceSpacing
from IHERORegistrationLib.dose import Dose
from IHERORegistrationLib.errors import FrameOfReferenceError, MalformedObjectError
from IHERORegistrationLib.lattice import Volume
from IHERORegistrationLib.structures import Structure, StructureSet

from .structureSamples import StructureSamples, structureSamples

HOT_VOLUME = 2000.0  # mm³, of D2cc
COVERED_SHARE = 0.95  # of D95
VOXELS_ACROSS = 4  # a structure needs, along its shortest side, for its statistics to mean much
CHUNK = 1 << 18  # points asked at once


@dataclass(frozen=True, eq=False)
class DoseField:
    """A dose as statistics see it: `volume` in `units`.

    `defined` and `folded`, bool of the shape of the values: where the dose is known at all, and
    where the way it came by folds space.
    """

    volume: Volume
    defined: np.ndarray
    folded: np.ndarray
    units: str

    @property
    def integral(self) -> float:
        """Dose times volume over all that is defined, in `units` · cm³."""
        known = self.volume.values.sum(where=self.defined, dtype=float)
        return float(known * np.prod(self.volume.lattice.spacing) / 1000)


@dataclass(frozen=True)
class StructureDose:
    """Statistics of the part of a structure where the dose is defined, `coverage` (0 to 1) of it.

    Doses are in `units`, `volume` in cm³, `integral` in `units` · cm³. `D95` is the least dose of
    the 95 % that get most, `D2cc` the least dose of the 2 cm³ that get most. What cannot be said is
    NaN: all doses where nothing is defined, D2cc of less than 2 cm³. `voxels` counts the voxels of
    the dose that the structure touches, `undefinedVoxels` and `foldedVoxels` those of them where
    no dose is defined or space is folded. `remarks` are sentences.
    """

    name: str
    number: int
    units: str
    volume: float
    coverage: float
    minimum: float
    mean: float
    maximum: float
    D95: float
    D2cc: float
    integral: float
    voxels: int
    undefinedVoxels: int
    foldedVoxels: int
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class StructureSetDose:
    """Statistics of the structures of a set; `leftOut` says, in a sentence each, of which there
    are none and why.
    """

    structures: tuple[StructureDose, ...]
    leftOut: tuple[str, ...]


def sourceField(dose: Dose) -> DoseField:
    """The dose as it was calculated: defined all over its lattice, folded nowhere."""
    shape = dose.volume.values.shape
    return DoseField(dose.volume, np.ones(shape, bool), np.zeros(shape, bool), dose.units)


def structureSetDose(structureSet: StructureSet, field: DoseField) -> StructureSetDose:
    """Statistics of each structure of `structureSet` that lies in the frame of the dose.

    Raises
        FrameOfReferenceError: none does.
    """
    here = structureSet.inFrame(field.volume.frame)
    if not any(one.contours for one in here.structures):
        raise FrameOfReferenceError(
            f"expected structures in the frame of the dose, {field.volume.frame}, found "
            f"{', '.join(sorted(structureSet.frames)) or 'none'} in structure set "
            f"{structureSet.sopInstanceUID}"
        )
    spacing = sliceSpacing(here)
    found, leftOut = [], []
    for one in here.structures:
        try:
            found.append(structureDose(one, field, spacing))
        except MalformedObjectError as error:
            leftOut.append(f"{one.name}: no statistics, {error}")
    return StructureSetDose(tuple(found), tuple(leftOut))


def structureDose(
    structure: Structure, field: DoseField, sliceSpacing: float | None
) -> StructureDose:
    """Statistics of `structure`, whose slices lie `sliceSpacing` mm apart (None: not known).

    The structure is sampled finely, independently of the voxels of the dose, which is linear
    between those that are defined.

    Raises
        FrameOfReferenceError: structure and dose lie in different frames.
        MalformedObjectError: the structure has no volume.
    """
    if structure.frame != field.volume.frame:
        raise FrameOfReferenceError(
            f"structure {structure.number} lies in {structure.frame}, the dose in "
            f"{field.volume.frame}"
        )
    voxel = field.volume.lattice.spacing
    samples = structureSamples(structure, float(voxel.min()) / 2, sliceSpacing)
    if not len(samples.points):
        raise MalformedObjectError(f"structure {structure.number} is too small to be sampled")
    doses, touched = _asked(field, samples.points)
    known = ~np.isnan(doses)
    values, volumes = doses[known], samples.volumes[known]
    covered = float(volumes.sum())
    integral = float(values @ volumes)
    return StructureDose(
        name=structure.name,
        number=structure.number,
        units=field.units,
        volume=samples.volume / 1000,
        coverage=covered / samples.volume,
        minimum=float(values.min()) if covered else np.nan,
        mean=integral / covered if covered else np.nan,
        maximum=float(values.max()) if covered else np.nan,
        D95=leastOfHottest(values, volumes, COVERED_SHARE * covered),
        D2cc=leastOfHottest(values, volumes, HOT_VOLUME),
        integral=integral / 1000 if covered else np.nan,
        voxels=int(touched.sum()),
        undefinedVoxels=int((touched & ~field.defined).sum()),
        foldedVoxels=int((touched & field.folded).sum()),
        remarks=_remarks(samples, voxel),
    )


def leastOfHottest(doses: np.ndarray, volumes: np.ndarray, volume: float) -> float:
    """The dose that the hottest `volume` gets at least, of parts with `doses`, shape (n,), and
    `volumes`, shape (n,); NaN if they are not so much together.
    """
    if not 0 < volume <= volumes.sum() * (1 + 1e-9):
        return np.nan
    order = np.argsort(doses)[::-1]
    middle = np.cumsum(volumes[order]) - volumes[order] / 2
    return float(np.interp(volume, middle, doses[order]))


def _asked(field: DoseField, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Doses at `points`, shape (n, 3), NaN where none is defined; and which voxels lie around
    them, bool of the shape of the values.

    The nearest voxel decides whether a dose is defined; voxels without dose have no weight.
    """
    from scipy.ndimage import map_coordinates  # at the top it would slow down opening a module

    lattice = field.volume.lattice
    known = field.defined.astype(np.float32)
    values = np.where(field.defined, field.volume.values, 0).astype(float)
    touched = np.zeros(lattice.shape, bool)
    doses = np.full(len(points), np.nan)
    for start in range(0, len(points), CHUNK):
        part = slice(start, start + CHUNK)
        inside = lattice.contains(points[part])
        index = lattice.indices(points[part][inside])[:, ::-1].T
        nearest = tuple(
            np.rint(np.clip(index, 0, np.array(lattice.shape)[:, None] - 1)).astype(int)
        )
        touched[nearest] = True
        weight = map_coordinates(known, index, order=1, mode="nearest", output=float)
        dose = map_coordinates(values, index, order=1, mode="nearest")
        here = np.full(len(weight), np.nan)
        np.divide(dose, weight, out=here, where=field.defined[nearest] & (weight > 0))
        doses[start : start + CHUNK][inside] = here
    return doses, touched


def _remarks(samples: StructureSamples, voxel: np.ndarray) -> tuple[str, ...]:
    remarks = [f"{note.found}, {note.done}" for note in samples.notes]
    shortest = float(samples.extent.min())
    if voxel.max() > shortest / VOXELS_ACROSS:
        remarks.append(
            f"the dose has a voxel every {voxel.max():.3g} mm and the structure is only "
            f"{shortest:.3g} mm across: a finer dose would say more"
        )
    if samples.volume < HOT_VOLUME:
        remarks.append("less than 2 cm³: there is no D2cc")
    return tuple(remarks)
