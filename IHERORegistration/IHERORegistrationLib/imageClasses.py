"""The SOP classes of images that make a volume: CT, MR and PET."""

from __future__ import annotations

from pydicom.uid import (
    CTImageStorage,
    EnhancedCTImageStorage,
    EnhancedMRImageStorage,
    EnhancedPETImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    LegacyConvertedEnhancedPETImageStorage,
    MRImageStorage,
    PositronEmissionTomographyImageStorage,
)

SINGLE_FRAME_IMAGES = (CTImageStorage, MRImageStorage, PositronEmissionTomographyImageStorage)
ENHANCED_IMAGES = (
    EnhancedCTImageStorage,
    EnhancedMRImageStorage,
    EnhancedPETImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    LegacyConvertedEnhancedPETImageStorage,
)
IMAGE_SOP_CLASSES = frozenset(SINGLE_FRAME_IMAGES + ENHANCED_IMAGES)
