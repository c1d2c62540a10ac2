"""Whether a new object may be written: what breaks a profile by our doing stops it, what it owes
to its source is told.
"""

from __future__ import annotations

from collections.abc import Collection

from pydicom import Dataset

from .errors import NonconformantError
from .header import TYPE_2_FROM_TEMPLATE
from .macros import text
from .profiles.selection import conformanceFindings
from .rules import Finding, Role, Severity
from .study import Study

# Rows on the identity of patients, which somebody who confirmed another patient has answered for.
PATIENT_ROWS = frozenset({"MMRO-PAT-001", "MMRO-PAT-002", "BRTO-PAT-001", "DRRO-DSR-026"})


def exportFindings(
    dataset: Dataset,
    profile: str,
    study: Study,
    template: Dataset,
    *,
    owed: Collection[str] = (),
) -> tuple[Finding, ...]:
    """What a producer may leave in `dataset`, judged by DICOM and `profile`.

    A value that `template`, the image the object's patient and study come from, does not have
    either is not made up; rows whose codes are in `owed` say something of the source or were
    answered for. Errors of these two kinds are returned with the warnings and remarks.

    Raises
        NonconformantError: there are other errors; carries them.
    """
    found = conformanceFindings(dataset, tuple({"DICOM": 0, profile: 0}), Role.PRODUCER, study)
    broken = [
        one
        for one in found
        if one.severity is Severity.ERROR
        and one.rule.code not in owed
        and not _isInherited(one, dataset, template)
    ]
    if broken:
        raise NonconformantError(f"not written: the object would break {profile}", broken)
    return tuple(found)


def _isInherited(finding: Finding, dataset: Dataset, template: Dataset) -> bool:
    """Whether it is about a value of patient or study that is empty in both."""
    keyword = finding.location
    if keyword not in TYPE_2_FROM_TEMPLATE:
        return False
    return not text(template, keyword) and not text(dataset, keyword)
