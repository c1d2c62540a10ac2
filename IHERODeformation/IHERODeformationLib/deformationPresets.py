"""How pairs of modalities are registered deformably."""

from __future__ import annotations

from dataclasses import dataclass

from IHERORegistrationLib.rigidPresets import ANY, CBCT


@dataclass(frozen=True)
class DeformationPreset:
    """`spacings` in mm, coarse to fine, the last that of the grid; at most so many `iterations` at
    each. Images are compared within `radius` voxels of each point; variations below `noise`, a
    part of the range of values that tell something, count for little. Forces are smoothed over
    `forceSmoothing` voxels (standard deviation) and the whole field over `fieldSmoothing` after
    each iteration: larger is stiffer.
    """

    modalities: tuple[str, str]
    spacings: tuple[float, ...]
    radius: int
    noise: float
    forceSmoothing: float
    fieldSmoothing: float
    why: str
    iterations: int = 60

    @property
    def name(self) -> str:
        return "deformable " + "-".join(self.modalities)


# fmt: off
DEFORMATION_PRESETS = (
    DeformationPreset(("CT", "CT"), (12, 8, 4, 3), 2, 0.01,  2.0, 0.5,
                      "noise is 20 HU of 2000; lung vessels need 3 mm"),
    DeformationPreset(("CT", CBCT), (12, 8, 4),    3, 0.03,  2.0, 0.7,
                      "more noise and shading: wider windows, no level finer than 4 mm"),
    DeformationPreset(("CT", "MR"), (12, 8, 4),    3, 0.03,  2.5, 1.0,
                      "contrast differs from place to place: stiffer"),
    DeformationPreset(("CT", "PT"), (16, 12, 8),   3, 0.05,  3.0, 1.0,
                      "PET resolves 5 to 7 mm and averages breathing: stiff, none below 8 mm"),
    DeformationPreset(("MR", "MR"), (12, 8, 4, 3), 2, 0.03,  2.0, 0.5,
                      "as CT-CT, in a range without air"),
    DeformationPreset((ANY, ANY),   (12, 8, 4),    3, 0.03,  2.5, 1.0,
                      "the stiffer of those that resolve organs"),
)
# fmt: on


def deformationPreset(fixedModality: str, movingModality: str) -> DeformationPreset:
    """The preset for a pair of modalities (DICOM's, or CBCT), in either order, else for any."""
    pair = {(fixedModality, movingModality), (movingModality, fixedModality)}
    found = (one for one in DEFORMATION_PRESETS if one.modalities in pair)
    return next(found, DEFORMATION_PRESETS[-1])


def presetNamed(name: str, modalities: tuple[str, str]) -> DeformationPreset:
    """The preset with that name; that for the pair of modalities where the name is empty."""
    for one in DEFORMATION_PRESETS:
        if one.name == name:
            return one
    return deformationPreset(*modalities)
