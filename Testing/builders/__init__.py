"""Minimal DICOM data sets for tests, made with pydicom alone: the only place where they are made.

Every function gives a conformant object; keyword arguments named as DICOM attributes replace its
values, and `ABSENT` removes an attribute. Nothing here is symmetric: sizes and spacings differ,
axes are oblique where the object allows it, origins are far from zero.
"""

from .datasets import (
    ABSENT,
    CT_FRAME,
    DETACHED_STUDY,
    MR_FRAME,
    PET_FRAME,
    ROOT,
    STUDY,
    changed,
    code,
    ds,
    item,
    newObject,
    references,
)
from .images import (
    AXIAL,
    OBLIQUE,
    ctSeries,
    enhancedMR,
    imageSeries,
    mrSeries,
    petSeries,
    resampledSeries,
)
from .radiotherapy import contour, dose, plan, structureSet
from .registrations import (
    IDENTITY,
    IDENTITY_CODE,
    IMAGE_CODE,
    MATRIX,
    addReferencedSeries,
    deformableRegistration,
    fiducial,
    registrationItem,
    spatialFiducials,
    spatialRegistration,
)

__all__ = [
    "ABSENT",
    "AXIAL",
    "CT_FRAME",
    "DETACHED_STUDY",
    "IDENTITY",
    "IDENTITY_CODE",
    "IMAGE_CODE",
    "MATRIX",
    "MR_FRAME",
    "OBLIQUE",
    "PET_FRAME",
    "ROOT",
    "STUDY",
    "addReferencedSeries",
    "changed",
    "code",
    "contour",
    "ctSeries",
    "deformableRegistration",
    "dose",
    "ds",
    "enhancedMR",
    "fiducial",
    "imageSeries",
    "item",
    "mrSeries",
    "newObject",
    "petSeries",
    "plan",
    "references",
    "registrationItem",
    "resampledSeries",
    "spatialFiducials",
    "spatialRegistration",
    "structureSet",
]
