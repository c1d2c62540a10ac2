"""Which constraint tables judge an object, and what they find.

Every table lies here, DRRO's too: tables are data, and what they need of a grid is read from its
elements, so that one engine and one call serve both modules and the command.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydicom import Dataset
from pydicom.uid import UID

from ..checks.deformationUse import isMadeByDeformation
from ..elements import textOf
from ..errors import MalformedObjectError
from ..rules import Finding, Profile, Role, Rule, findings
from ..study import EMPTY_STUDY, Study
from .brto import BRTO_II
from .dicom import DICOM
from .drro import DRRO
from .mmro import MMRO, MMRO_II, MMRO_III
from .objects import CT, DOSE, DSRO, FID, MR, PET, SRO, STRUCTURES
from .resampled import RO_11

PROFILES = {one.name: one for one in (DICOM, MMRO, MMRO_II, MMRO_III, BRTO_II, RO_11, DRRO)}

# Beside DICOM. Structure sets are judged as what a Registered Contourer reads and writes, on CT, MR
# or PET; BRTO-II, which knows CT only, is asked for by name. RO-11 too: it judges one transaction.
NEWEST: dict[str, Profile] = {
    **dict.fromkeys(SRO + STRUCTURES + CT + MR + PET, MMRO_III),
    **dict.fromkeys(DOSE, BRTO_II),
    **dict.fromkeys(DSRO, DRRO),
}

DEFORMABLE = "DeformableRegistrationSequence"

# What an object is whose SOP class is missing or unknown, by the sequence that only it has.
CONTENT = {
    DEFORMABLE: DSRO[0],
    "RegistrationSequence": SRO[0],
    "FiducialSetSequence": FID[0],
    "StructureSetROISequence": STRUCTURES[0],
    "DoseGridScaling": DOSE[0],
}


def sopClassOf(dataset: Dataset) -> str:
    """SOP Class UID; where it is none that is known, or that of rigid registrations though the
    object holds a deformable one, the one that the content belongs to.
    """
    try:
        stated = textOf(dataset, "SOPClassUID")
    except MalformedObjectError:
        stated = ""
    mistaken = stated == SRO[0] and DEFORMABLE in dataset and "RegistrationSequence" not in dataset
    if UID(stated).name != stated and stated and not mistaken:
        return stated
    return next((uid for keyword, uid in CONTENT.items() if keyword in dataset), stated)


def defaultProfiles(dataset: Dataset) -> tuple[Profile, ...]:
    """DICOM and the newest edition for the object's class; DRRO instead for what says that it was
    made with a deformable registration, since it repeats as warnings what it takes from the others.
    """
    newest = DRRO if isMadeByDeformation(dataset) else NEWEST.get(sopClassOf(dataset))
    return (DICOM,) if newest is None else (DICOM, newest)


def rulesFor(dataset: Dataset, profiles: Iterable[Profile]) -> tuple[Rule, ...]:
    """The rows of `profiles` for the object's class, in their order."""
    sopClass = sopClassOf(dataset)
    return tuple(rule for one in profiles for rule in one.rules if sopClass in rule.objects)


def conformanceFindings(
    dataset: Dataset,
    profiles: Sequence[str] = (),
    role: Role = Role.CONSUMER,
    study: Study = EMPTY_STUDY,
    *,
    vectors: bool = True,
) -> list[Finding]:
    """What `dataset` breaks of the profiles with these names; without names, of the default ones.

    Without `vectors` those of a deformation grid are not looked at, nor judged.

    Raises
        KeyError: no profile has that name; `PROFILES` lists them.
    """
    chosen = [PROFILES[name] for name in profiles] or defaultProfiles(dataset)
    return findings(dataset, rulesFor(dataset, chosen), role, study, vectors=vectors)
