"""The SOP classes that constraint tables speak of."""

from __future__ import annotations

from pydicom.uid import (
    CTImageStorage,
    DeformableSpatialRegistrationStorage,
    MRImageStorage,
    PositronEmissionTomographyImageStorage,
    RTDoseStorage,
    RTStructureSetStorage,
    SpatialFiducialsStorage,
    SpatialRegistrationStorage,
)

SRO = (SpatialRegistrationStorage,)
DSRO = (DeformableSpatialRegistrationStorage,)
FID = (SpatialFiducialsStorage,)
STRUCTURES = (RTStructureSetStorage,)
DOSE = (RTDoseStorage,)
CT = (CTImageStorage,)
MR = (MRImageStorage,)
PET = (PositronEmissionTomographyImageStorage,)
