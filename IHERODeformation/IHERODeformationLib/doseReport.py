"""What became of a dose on its way, as sentences, as numbers for programs and as a table."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np

from IHERORegistrationLib.sentences import percentage
from IHERORegistrationLib.structures import StructureSet

from .doseDeformer import DeformedDose
from .doseStatistics import (
    DoseField,
    StructureDose,
    StructureSetDose,
    sourceField,
    structureSetDose,
)
from .doseSum import DoseSum

LARGEST_CHANGE = 0.02  # of an integral dose, before it is told; no limit is agreed on
COLUMNS = (
    "structure", "when", "units", "volume cm3", "coverage %", "minimum", "mean", "maximum", "D95",
    "D2cc", "integral", "voxels", "undefined voxels", "folded voxels",
)  # fmt: skip
ENERGY = (
    "Dose is interpolated and no mass is known: where the deformation changes volumes, energy is "
    "not kept."
)


@dataclass(frozen=True)
class WholeDose:
    """A dose over its lattice: extremes in `units` and integral in `units` · cm³ of its `defined`
    voxels, all of which the lattice has `voxels`, `spacing` mm apart along i, j, k.
    """

    units: str
    minimum: float
    maximum: float
    integral: float
    voxels: int
    defined: int
    folded: int
    spacing: tuple[float, float, float]


@dataclass(frozen=True)
class StructurePair:
    """One structure before and after, found by its name; None where a set does not have it, or
    several of that name.
    """

    name: str
    before: StructureDose | None
    after: StructureDose | None

    @property
    def integralRatio(self) -> float:
        """Integral dose after per before; NaN if one is not known."""
        if self.before is None or self.after is None or not self.before.integral:
            return math.nan
        return self.after.integral / self.before.integral


@dataclass(frozen=True)
class DoseReport:
    """`remarks` are sentences on the dose as a whole, `leftOut` on structures without numbers;
    `before` is None of a sum, which has several.
    """

    before: WholeDose | None
    after: WholeDose
    structures: tuple[StructurePair, ...]
    remarks: tuple[str, ...]
    leftOut: tuple[str, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of it for a person to read."""
        told = [one for pair in self.structures for one in _ofPair(pair)]
        return (*_ofWhole(self.before, self.after), *self.remarks, *told, *self.leftOut)

    def asJSON(self) -> dict[str, object]:
        """The numbers, without units of their own names; null where one is not known."""
        pairs = [{**asdict(pair), "integralRatio": pair.integralRatio} for pair in self.structures]
        return {
            "before": None if self.before is None else _known(asdict(self.before)),
            "after": _known(asdict(self.after)),
            "structures": [_known(one) for one in pairs],
            "remarks": [*self.remarks, *self.leftOut],
        }

    def rows(self) -> list[list[str]]:
        """The statistics of structures as a table, header first; empty where one is not known."""
        found = [
            _row(one, when)
            for pair in self.structures
            for when, one in (("before", pair.before), ("after", pair.after))
            if one is not None
        ]
        return [list(COLUMNS), *found]


def doseReport(
    dose: DeformedDose, *, before: StructureSet | None = None, after: StructureSet | None = None
) -> DoseReport:
    """What became of `dose`: as a whole, in the structures of the set `before`, which has some in
    the frame of the source, and of `after`, in the frame of the target.

    Raises
        FrameOfReferenceError: a set has no structures in that frame.
    """
    there, here = sourceField(dose.source), dose.field
    onSource, onTarget = _found(before, there), _found(after, here)
    lost = dose.unreached
    remarks = [
        f"Where nothing is known of the dose it is 0: {percentage(dose.undefined.mean())} of the "
        f"voxels the registration does not define, {percentage(dose.outside.mean())} lie beyond "
        "the source."
    ]
    if lost.voxels:
        remarks.append(
            f"{percentage(lost.share)} of the integral dose of the source arrives nowhere, in "
            f"{lost.voxels} of its voxels of up to {lost.maximum:.4g} {_unit(there.units)}."
        )
    return DoseReport(
        before=_whole(there),
        after=_whole(here),
        structures=_pairs(onSource, onTarget),
        remarks=(*remarks, ENERGY),
        leftOut=(*onSource.leftOut, *onTarget.leftOut),
    )


def doseSumReport(dose: DoseSum, *, after: StructureSet | None = None) -> DoseReport:
    """What a sum comes to, and in the structures of the set `after`, in the frame of the target.

    Raises
        FrameOfReferenceError: the set has no structures in that frame.
    """
    here = dose.field
    found = _found(after, here)
    lacking = percentage(1 - dose.complete.mean())
    return DoseReport(
        before=None,
        after=_whole(here),
        structures=_pairs(StructureSetDose((), ()), found),
        remarks=(f"{lacking} of the voxels lack a part or more.", *dose.remarks, ENERGY),
        leftOut=found.leftOut,
    )


def _found(structureSet: StructureSet | None, field: DoseField) -> StructureSetDose:
    if structureSet is None:
        return StructureSetDose((), ())
    return structureSetDose(structureSet, field)


def _whole(field: DoseField) -> WholeDose:
    values = field.volume.values
    i, j, k = map(float, field.volume.lattice.spacing)
    known = bool(field.defined.any())
    return WholeDose(
        units=field.units,
        minimum=float(values.min(where=field.defined, initial=np.inf)) if known else math.nan,
        maximum=float(values.max(where=field.defined, initial=-np.inf)) if known else math.nan,
        integral=field.integral,
        voxels=values.size,
        defined=int(field.defined.sum()),
        folded=int(field.folded.sum()),
        spacing=(i, j, k),
    )


def _pairs(before: StructureSetDose, after: StructureSetDose) -> tuple[StructurePair, ...]:
    """Structures of one name in both, where it is the only one; all others alone."""
    left = [one.name for one in before.structures]
    right = [one.name for one in after.structures]
    both = {name for name in left if left.count(name) == right.count(name) == 1}
    afterwards = {one.name: one for one in after.structures}
    pairs = [
        StructurePair(one.name, one, afterwards[one.name] if one.name in both else None)
        for one in before.structures
    ]
    alone = [one for one in after.structures if one.name not in both]
    return (*pairs, *(StructurePair(one.name, None, one) for one in alone))


def _ofWhole(before: WholeDose | None, after: WholeDose) -> Iterator[str]:
    units, integral = _unit(after.units), _number(after.integral)
    if before is None:
        yield f"Maximum {after.maximum:.4g} {units}, integral {integral} {units}·cm³."
    else:
        yield f"Maximum {before.maximum:.4g} {units} before, {after.maximum:.4g} {units} after."
        ratio = after.integral / before.integral if before.integral else math.nan
        yield (
            f"Integral {_number(before.integral)} {units}·cm³ before, {integral} after"
            f"{_change(ratio)}."
        )
    if after.folded:
        yield f"Space is folded in {after.folded} of {after.defined} voxels with dose."


def _ofPair(pair: StructurePair) -> Iterator[str]:
    sides = [("before", pair.before), ("after", pair.after)]
    present = [(when, one) for when, one in sides if one is not None]
    told = [
        f"{title} " + ", ".join(f"{_number(value)} {when}" for when, value in values)
        for title, values in _measures(present)
        if not all(math.isnan(value) for _, value in values)
    ]
    volumes = ", ".join(f"{one.volume:.4g} {when}" for when, one in present)
    told.append(f"volume in cm³ {volumes}{_change(pair.integralRatio, 'integral dose ')}")
    yield f"{pair.name}, in {_unit(present[0][1].units)}: {'; '.join(told)}."
    for when, one in present:
        if one.coverage < 1 - 1e-9:
            yield (
                f"{pair.name}: only {percentage(one.coverage)} of it has a dose {when}, of which "
                f"these numbers are; {one.undefinedVoxels} of {one.voxels} voxels have none."
            )
        if one.foldedVoxels:
            yield f"{pair.name}: space is folded in {one.foldedVoxels} of {one.voxels} voxels."
        for remark in one.remarks:
            yield f"{pair.name} {when}: {remark}."


def _measures(
    present: list[tuple[str, StructureDose]],
) -> Iterator[tuple[str, list[tuple[str, float]]]]:
    """The doses of a structure by their names, each with when it is of."""
    yield "minimum", [(when, one.minimum) for when, one in present]
    yield "mean", [(when, one.mean) for when, one in present]
    yield "maximum", [(when, one.maximum) for when, one in present]
    yield "D95", [(when, one.D95) for when, one in present]
    yield "D2cc", [(when, one.D2cc) for when, one in present]


def _unit(units: str) -> str:
    """As a person writes it."""
    return {"GY": "Gy", "RELATIVE": "relative units"}[units]


def _change(ratio: float, what: str = "") -> str:
    if math.isnan(ratio):
        return ""
    far = abs(ratio - 1) > LARGEST_CHANGE
    return f", {what}ratio {ratio:.3f}" + (
        f", MORE THAN {100 * LARGEST_CHANGE:.0f} % APART" if far else ""
    )


def _number(value: float) -> str:
    if math.isnan(value):
        return "not known"
    return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}"


def _known(value: object) -> object:
    """`value` with None for NaN, in all it consists of."""
    if isinstance(value, dict):
        return {key: _known(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_known(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def _row(one: StructureDose, when: str) -> list[str]:
    doses = (one.minimum, one.mean, one.maximum, one.D95, one.D2cc, one.integral)
    return [
        one.name,
        when,
        one.units,
        f"{one.volume:.6g}",
        f"{100 * one.coverage:.6g}",
        *("" if math.isnan(dose) else f"{dose:.6g}" for dose in doses),
        *(str(count) for count in (one.voxels, one.undefinedVoxels, one.foldedVoxels)),
    ]
