"""The doses of structures before and after, as rows for a narrow table."""

from __future__ import annotations

import math

from IHERORegistrationLib.sentences import percentage

from .doseReport import DoseReport, StructurePair
from .doseStatistics import StructureDose

COLUMNS = ("Structure", "Dose", "Before", "After", "Remarks")
MEASURES = {"mean": "Mean", "maximum": "Maximum", "D95": "D95", "D2cc": "D2cc"}
NO_NUMBER = "–"


def doseRows(report: DoseReport) -> tuple[tuple[str, ...], ...]:
    """Rows by COLUMNS, one for each structure of `report` and each measure that is known; the last
    of a structure has the remarks.
    """
    return tuple(row for pair in report.structures for row in _rows(pair))


def _rows(pair: StructurePair) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, title in MEASURES.items():
        before, after = (_value(one, name) for one in (pair.before, pair.after))
        if (before, after) != (NO_NUMBER, NO_NUMBER):
            found.append((pair.name, f"{title} {_unit(pair)}", before, after, ""))
    if not found:
        found = [(pair.name, NO_NUMBER, NO_NUMBER, NO_NUMBER, "")]
    found[-1] = (*found[-1][:-1], "; ".join(_remarks(pair)))
    return found


def _unit(pair: StructurePair) -> str:
    units = next(one.units for one in (pair.before, pair.after) if one is not None)
    return "Gy" if units == "GY" else units.lower()


def _value(dose: StructureDose | None, name: str) -> str:
    value = math.nan if dose is None else getattr(dose, name)
    return NO_NUMBER if math.isnan(value) else f"{value:.4g}"


def _remarks(pair: StructurePair) -> list[str]:
    told = []
    for when, one in (("before", pair.before), ("after", pair.after)):
        if one is None:
            continue
        if one.coverage < 1 - 1e-9:
            told.append(f"{percentage(one.coverage)} has a dose {when}")
        if one.foldedVoxels:
            told.append(f"space is folded in {one.foldedVoxels} of {one.voxels} voxels")
        told += [f"{when}: {remark}" for remark in one.remarks]
    return told
