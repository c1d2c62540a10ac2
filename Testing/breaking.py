"""One breach of one row, applied to a conformant object; the tables are in broken*.py."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pydicom import Dataset
from pydicom.config import disable_value_validation
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag

import builders
import deformedObjects
from IHERORegistrationLib.profiles.selection import PROFILES
from IHERORegistrationLib.rules import Finding, Role, findings
from IHERORegistrationLib.study import Study

OBJECTS: Mapping[str, Callable[[], Dataset]] = {
    "SRO": builders.spatialRegistration,
    "DSRO": deformedObjects.deformation,
    "FID": builders.spatialFiducials,
    "RTSTRUCT": builders.structureSet,
    "RTDOSE": builders.dose,
    "CT": lambda: builders.ctSeries()[1],
    "resampled CT": lambda: builders.resampledSeries()[1],
    "deformed CT": lambda: deformedObjects.deformedSeries()[1],
    "deformed RTDOSE": deformedObjects.deformedDose,
    "deformed RTSTRUCT": deformedObjects.deformedStructures,
}
PROFILE_OF_CODE = {
    "DCM": "DICOM",
    "MMRO": "MMRO-III",
    "BRTO": "BRTO-II",
    "RO11": "RO-11",
    "DRRO": "DRRO",
}


@dataclass(frozen=True)
class Breaking:
    """Row `code` is broken at `location` by setting the attributes of `changes`, path → value.

    `study` holds what else is at hand.
    """

    code: str
    location: str
    object: str
    changes: Mapping[str, object] = field(default_factory=dict)
    study: Callable[[], Iterable[Dataset]] = tuple

    def __str__(self) -> str:
        return f"{self.code} {self.location}"


def broken(one: Breaking) -> Dataset:
    """The object with the changes made."""
    dataset = OBJECTS[one.object]()
    with disable_value_validation():
        for path, value in one.changes.items():
            change(dataset, path, value)
    return dataset


def change(dataset: Dataset, path: str, value: object) -> None:
    """Set the attribute at `path` (as in a location); ABSENT removes it, bytes stay unparsed."""
    *parents, keyword = path.split("/")
    item = dataset
    for parent in parents:
        name, number = re.fullmatch(r"(\w+)\[(\d+)\]", parent).groups()
        item = item[name].value[int(number) - 1]
    if isinstance(value, bytes):
        tag = Tag(keyword)
        item[tag] = RawDataElement(tag, dictionary_VR(tag), len(value), value, 0, False, True)
    else:
        builders.changed(item, {keyword: value})


def findingsOf(one: Breaking, role: Role) -> list[Finding]:
    """Findings under the code of `one` alone."""
    profile = PROFILES[PROFILE_OF_CODE[one.code.partition("-")[0]]]
    rows = [rule for rule in profile.rules if rule.code == one.code]
    return findings(broken(one), rows, role, Study(one.study()))
