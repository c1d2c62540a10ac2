"""Images and doses through deformations on slice planes; nothing but what is drawn is computed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from IHERORegistrationLib.frames import Transform
from IHERORegistrationLib.lattice import Volume
from IHERORegistrationLib.pictures.canvas import FINENESS
from IHERORegistrationLib.pictures.colorTables import colorsOf
from IHERORegistrationLib.pictures.modalityPresets import Preset
from IHERORegistrationLib.pictures.sliceLayers import LayerImage
from IHERORegistrationLib.pictures.slicePlanes import SlicePlane
from IHERORegistrationLib.resampling import Interpolation

from ..deformation import DeformableTransform
from ..deformedVolume import deformedVolume
from ..transformSteps import isDeformable, stepsOf
from .raster import enlarged, enlargedMask, planeLattice

SLOWLY = 2 * FINENESS  # through what takes long, only every so many pixels get values


@dataclass(frozen=True, eq=False)
class DeformedLayer:
    """`volume`, shown where `way`, which leads from the picture's frame to its own, finds it."""

    volume: Volume
    way: Transform
    label: str
    preset: Preset

    def onPlane(self, plane: SlicePlane, columns: int, rows: int) -> LayerImage:
        every = SLOWLY if _takesLong(self.way) else 1
        lattice = planeLattice(plane, max(1, columns // every), max(1, rows // every))
        made = deformedVolume(
            self.volume, lattice, self.way.fromFrame, self.way, Interpolation.LINEAR, 0
        )
        values = made.volume.values[0].astype(np.float32)
        shown = ~(made.outside | made.undefined)[0]
        if every > 1:
            values = enlarged(values, rows, columns)
            shown = enlargedMask(shown, rows, columns)
        preset = self.preset
        if preset.threshold is not None:
            shown = shown & (values >= preset.threshold)
        table = colorsOf(preset.colors).astype(np.float32)
        share = (values - preset.low) / (preset.high - preset.low)
        index = np.clip(np.nan_to_num(share), 0, 1) * (len(table) - 1)
        return LayerImage(table[np.rint(index).astype(np.intp)], shown)

    def shownAs(self, preset: Preset) -> DeformedLayer:
        return replace(self, preset=preset)


def _takesLong(way: Transform) -> bool:
    """Whether each point has to be mapped on its own: see deformedVolume."""
    bent = [step for step in stepsOf(way) if isDeformable(step)]
    return len(bent) > 1 or any(not isinstance(step, DeformableTransform) for step in bent)
