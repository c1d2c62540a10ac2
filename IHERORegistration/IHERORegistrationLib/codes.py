"""Coded concepts we read and write, as one table (PS3.16)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """A coded concept; two are the same when value and scheme are, whatever the meaning says."""

    value: str
    scheme: str
    meaning: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Code) and (self.value, self.scheme) == (other.value, other.scheme)

    def __hash__(self) -> int:
        return hash((self.value, self.scheme))


# fmt: off
FRAME_OF_REFERENCE_IDENTITY  = Code("125021", "DCM", "Frame of Reference Identity")
FIDUCIAL_ALIGNMENT           = Code("125022", "DCM", "Fiducial Alignment")
EQUIPMENT_ALIGNMENT          = Code("125023", "DCM", "Acquisition Equipment Alignment")
IMAGE_CONTENT_ALIGNMENT      = Code("125024", "DCM", "Image Content-based Alignment")
VISUAL_ALIGNMENT             = Code("125025", "DCM", "Visual Alignment")
IMAGE_AND_FIDUCIAL_ALIGNMENT = Code("125026", "DCM", "Image Content and Fiducial Based Alignment")
SPATIAL_RESAMPLING           = Code("113085", "DCM", "Spatial resampling")
SOURCE_IMAGE                 = Code("121322", "DCM", "Source image for image processing operation")
ACQUISITION_EQUIPMENT        = Code("109101", "DCM", "Acquisition Equipment")
DEFORMED_FOR_REGISTRATION    = Code("125027", "DCM", "Deformed for Registration")
SOURCE_DOSE                  = Code("121372", "DCM", "Source dose for composing current dose")
SOURCE_DEFORMABLE_REGISTRATION = Code("125028", "DCM", "Source Deformable Spatial Registration")

# CID 7100, RCS Registration Method Type
REGISTRATION_METHODS = (
    FRAME_OF_REFERENCE_IDENTITY, FIDUCIAL_ALIGNMENT, EQUIPMENT_ALIGNMENT,
    IMAGE_CONTENT_ALIGNMENT, VISUAL_ALIGNMENT, IMAGE_AND_FIDUCIAL_ALIGNMENT,
)

# The words of the command line and of the module's panel
METHODS_BY_NAME = {
    "fiducial":       FIDUCIAL_ALIGNMENT,
    "image":          IMAGE_CONTENT_ALIGNMENT,
    "image+fiducial": IMAGE_AND_FIDUCIAL_ALIGNMENT,
    "equipment":      EQUIPMENT_ALIGNMENT,
    "visual":         VISUAL_ALIGNMENT,
}
# fmt: on
