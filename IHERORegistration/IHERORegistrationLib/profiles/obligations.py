"""Rows of the catalogue that no object can show: what the software itself does, and where.

`role` is the role whose column of the catalogue says so; the other column may be a rule.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..rules import Role


@dataclass(frozen=True)
class Obligation:
    """A requirement on the program; `where` names the files that meet it, in the library of rigid or
    of deformable registration.
    """

    code: str
    role: Role
    requirement: str
    where: tuple[str, ...]
    source: str


P, C = Role.PRODUCER, Role.CONSUMER

# fmt: off
OBLIGATIONS = (
    Obligation("MMRO-SRO-012",   P, "item 2 maps its frame to the registered frame",                            ("registrator.py", "writer.py"), "MMRO-III test tool C.20.2, PS3.3 C.20.2.1.1"),
    Obligation("MMRO-SOP-003",   C, "objects without Instance Creation Date, Time, Creator UID or Instance Number are read, and these place nothing", ("reader.py", "images.py"),    "MMRO-III test tool C.12.1"),
    Obligation("MMRO-IMG-001",   C, "non-axial images are handled as well as axial ones",                       ("images.py", "resampling.py"),  "MMRO-III test tool C.7.6.2, connectathon MMRO-III"),
    Obligation("MMRO-IMG-002",   C, "rows and columns may have different spacings",                             ("images.py",),                  "MMRO-III test tool C.7.6.2"),
    Obligation("MMRO-IMG-004",   P, "counts that are not per volume are scaled by the voxel volume, or refused", ("derivedImages.py",),          "RO TF-1 5.6.3"),
    Obligation("MMRO-DOSE-001",  C, "a dose is read by the rows BRTO-DOSE-* and lies in a frame of the images", ("dose.py", "registeredDoseDisplay.py"), "MMRO-III test tool C.8.8.3, RO TF-1 5.6.3"),
    Obligation("BRTO-PLANE-002", C, "rows and columns may have different spacings",                             ("images.py", "dose.py"),        "BRTO-II test tool C.7.6.2"),
    Obligation("BRTO-PLANE-003", C, "Slice Thickness and Slice Location place no slice among others",                     ("images.py", "dose.py"),        "BRTO-II test tool C.7.6.2"),
    Obligation("BRTO-SS-004",    C, "a hundred contours on one slice are digested",                             ("structures.py",),              "BRTO-II test tool C.8.8.6"),
    Obligation("BRTO-DOSE-009",  C, "Normalization Point is not relied on",                                     ("dose.py",),                    "BRTO-II test tool C.8.8.3"),
    Obligation("DRRO-DSR-019",   C, "NaN never becomes a number, nor zero, and what is undefined is counted and shown", ("displacementGrid.py", "deformedVolume.py", "undefinedVoxels.py"), "DRRO closed issue 6, PS3.3 C.20.3.1.3"),
    Obligation("DRRO-DSR-023",   P, "vectors lie on nodes in the registered frame and are added after the pre matrix", ("deformation.py", "writer.py"),      "DRRO 7.4.1.2, PS3.3 C.20.3.1.1"),
    Obligation("DRRO-DSR-023",   C, "the object maps registered to source points, vectors looked up at the registered point", ("deformation.py", "reader.py"), "DRRO 7.4.1.2, PS3.3 C.20.3.1.1"),
    Obligation("DRRO-DSR-024",   P, "a rigid registration goes into the pre matrix inverted",                   ("deformableRegistrator.py",),   "DRRO 7.4.1.2, PS3.3 C.20.2.1.1"),
    Obligation("DRRO-IMG-011",   P, "the source is sampled on the lattice of the registered images",            ("imageDeformer.py", "deformedVolume.py"), "DRRO 7.4.2.5.1, PS3.3 A.39.2"),
    Obligation("DRRO-DOSE-007",  P, "dose is interpolated, not scaled; where it is undefined it is 0, and that is said", ("doseDeformer.py",),   "DRRO 7.4.2.4.1"),
    Obligation("DRRO-UC-001",    C, "both image sets are shown together through the deformation",               ("pictures/deformedPicture.py", "deformedVolume.py"), "DRRO 7.4.2.2"),
    Obligation("DRRO-UC-002",    P, "contours drawn on both are stored on the registered images",               ("structureSetWriter.py",),      "DRRO 7.4.2.2"),
    Obligation("DRRO-UC-003",    C, "structures and dose are shown through the deformation",                    ("pictures/deformedPicture.py",), "DRRO 3.Y.4.1.3"),
    Obligation("DRRO-UC-004",    C, "CT, MR and PET series are registered in any combination",                  ("deformableRegistrator.py",),   "DRRO 7.4.2.1"),
)
# fmt: on
