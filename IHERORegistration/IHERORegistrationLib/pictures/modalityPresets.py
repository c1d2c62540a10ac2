"""How images and doses look when nobody has chosen: colors and window by modality."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from .colorTables import ColorTable

SOFT_TISSUE = (-160.0, 240.0)  # HU
LUNG = (-1350.0, 150.0)  # HU
BONE = (-500.0, 1300.0)  # HU
DOSE_SHOWN_FROM = 0.1  # of the maximum
VALUES_LOOKED_AT = 200_000
PET_UNITS = {"BQML": "Bq/ml", "GML": "g/ml", "CNTS": "counts"}  # of Units (0054,1001)


@dataclass(frozen=True)
class Preset:
    """`low` and `high` are the values of the first and last color, in `unit` ("" if unknown).

    Values below `threshold` are not drawn. A layer that `covers` evenly hides what lies under it
    alike everywhere; one that does not hides it where it is bright, as a hot spot does.
    """

    colors: ColorTable
    low: float
    high: float
    unit: str = ""
    threshold: float | None = None
    coversEvenly: bool = True


def imagePreset(
    modality: str, values: np.ndarray, *, overlay: bool = False, unit: str = ""
) -> Preset:
    """Preset for an image of `modality` (DICOM code) whose values are `values` (any shape).

    An `overlay` gets a tint, so that one sees which structure comes from which image. `unit` is
    that of the values, for a PET in DICOM's terms. A CT is taken to be in HU.
    """
    if modality == "PT":
        return Preset(
            ColorTable.INFERNO,
            *_brightWindow(values),
            PET_UNITS.get(unit, unit),
            coversEvenly=False,
        )
    if modality == "CT":
        colors = ColorTable.AQUA if overlay else ColorTable.GRAY
        return Preset(colors, *SOFT_TISSUE, unit="HU")
    return Preset(ColorTable.AMBER if overlay else ColorTable.GRAY, *_fullWindow(values), unit)


class Look(Enum):
    """Windows and colors that a user chooses from; AS_IT_IS changes nothing."""

    AS_IT_IS = 0
    BY_MODALITY = 1
    SOFT_TISSUE = 2
    LUNG = 3
    BONE = 4
    WHOLE_RANGE = 5
    HOT = 6


WINDOWS = {Look.SOFT_TISSUE: SOFT_TISSUE, Look.LUNG: LUNG, Look.BONE: BONE}


def lookPreset(look: Look, modality: str, values: np.ndarray, *, overlay: bool = False) -> Preset:
    """Preset for that look of an image; the rest as for `imagePreset`.

    Raises
        ValueError: it is to stay as it is.
    """
    if look is Look.AS_IT_IS:
        raise ValueError("an image that stays as it is has no preset")
    if look in WINDOWS:
        colors = ColorTable.AQUA if overlay else ColorTable.GRAY
        return Preset(colors, *WINDOWS[look], unit="HU")
    told = {Look.WHOLE_RANGE: "", Look.HOT: "PT"}.get(look, modality)
    return imagePreset(told, values, overlay=overlay)


def withoutTint(preset: Preset) -> Preset:
    """The preset in gray, if it was tinted only to be told from another image."""
    tinted = preset.colors in (ColorTable.AMBER, ColorTable.AQUA)
    return replace(preset, colors=ColorTable.GRAY) if tinted else preset


def dosePreset(values: np.ndarray, *, threshold: float | None = None) -> Preset:
    """Preset for a dose of `values` in Gy, drawn from `threshold` Gy (a tenth of the maximum): blue
    where low, then red, yellow where high, and told apart by lightness alone.
    """
    finite = values[np.isfinite(values)]
    maximum = float(finite.max()) if finite.size else 0.0
    lowest = DOSE_SHOWN_FROM * maximum if threshold is None else threshold
    return Preset(ColorTable.PLASMA, 0.0, maximum if maximum > 0 else 1.0, "Gy", lowest)


def _fullWindow(values: np.ndarray) -> tuple[float, float]:
    """From almost the lowest to almost the highest value of what is not background."""
    sample = _sample(values)
    if not sample.size:
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(sample, (1, 99.5)))
    inside = sample[sample > low + 0.05 * (high - low)]
    if not inside.size:
        return low, low + 1
    return low, max(float(np.percentile(inside, 99)), high)


def _brightWindow(values: np.ndarray) -> tuple[float, float]:
    """From zero to almost the highest value, so that one hot voxel does not darken the rest."""
    sample = _sample(values)
    highest = float(sample.max()) if sample.size else 0.0
    if not highest > 0:
        return 0.0, 1.0
    return 0.0, float(np.percentile(sample[sample > 0.05 * highest], 99.5))


def _sample(values: np.ndarray) -> np.ndarray:
    sample = values.reshape(-1)[:: max(1, values.size // VALUES_LOOKED_AT)].astype(float)
    return sample[np.isfinite(sample)]
