"""How pairs of modalities are registered rigidly."""

from __future__ import annotations

from dataclasses import dataclass

ANY = "any"
CBCT = "CBCT"  # DICOM calls it CT: whoever knows, says so

# Values that tell something; beyond them all is the same. None: between the 0.5th and the 99.5th
# percentile of the image.
# fmt: off
WINDOWS: dict[str, tuple[float, float] | None] = {
    "CT": (-1000, 1000),  # HU: from air to bone; metal and padding below air would take most bins
    CBCT: (-1000, 1000),  # its values are not quite HU, but about
    "MR": None,           # arbitrary units
    "PT": None,           # a few voxels of bladder or bolus would take most bins
    ANY:  None,
}
# fmt: on


@dataclass(frozen=True)
class RigidPreset:
    """`bins` of the joint histogram; `spacings` in mm at which the images are looked at, the first
    for the search from every start, the last for the result; `kept` of the starts go on after
    the first.
    """

    modalities: tuple[str, str]
    bins: int
    spacings: tuple[float, ...]
    why: str
    kept: int = 2

    @property
    def name(self) -> str:
        return "rigid " + "-".join(self.modalities)


# fmt: off
RIGID_PRESETS = (
    RigidPreset(("CT", "CT"), 50, (8, 4, 2), "40 HU a bin parts lung, fat, muscle and bone"),
    RigidPreset(("CT", CBCT), 50, (8, 4, 2), "as CT-CT: shading moves values by a bin or two"),
    RigidPreset(("CT", "MR"), 32, (8, 4, 2), "fewer bins: noise of MR fills none of its own"),
    RigidPreset(("CT", "PT"), 32, (12, 6, 4), "PET has voxels of 3 to 5 mm and blurs 5 to 7 mm"),
    RigidPreset(("MR", "MR"), 32, (8, 4, 2), "as CT-MR; weightings may differ"),
    RigidPreset((ANY, ANY),   32, (8, 4, 2), "what serves most pairs"),
)
# fmt: on


def rigidPreset(fixedModality: str, movingModality: str) -> RigidPreset:
    """The preset for a pair of modalities (DICOM's, or CBCT), in either order, else that for any.

    Source
        bins: D. Mattes et al., doi:10.1109/TMI.2003.809072, uses 50; the rest was tried, see `why`
    """
    pair = {(fixedModality, movingModality), (movingModality, fixedModality)}
    return next((one for one in RIGID_PRESETS if one.modalities in pair), RIGID_PRESETS[-1])


def presetNamed(name: str, modalities: tuple[str, str]) -> RigidPreset:
    """The preset with that name; that for the pair of modalities where the name is empty."""
    for one in RIGID_PRESETS:
        if one.name == name:
            return one
    return rigidPreset(*modalities)


def presetWords(modalities: tuple[str, str]) -> str:
    """“CT with MR”."""
    return " with ".join("any image" if one == ANY else one for one in modalities)


def window(modality: str) -> tuple[float, float] | None:
    """Values of `modality` that tell something; None for those found in the image itself."""
    return WINDOWS.get(modality, WINDOWS[ANY])
