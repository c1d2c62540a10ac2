"""Both images on each other by each reading of a registration: what a proof of direction rests on,
to be seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from IHERORegistrationLib.frames import Transform, TransformChain
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.pictures.fusion import colorDifference
from IHERORegistrationLib.pictures.sliceLayers import LayerImage
from IHERORegistrationLib.rendering import encodedPNG
from IHERORegistrationLib.resampling import Interpolation

from .deformedVolume import deformedVolume
from .direction import DirectionProof, Progress
from .nodeRegistration import NodeRegistration
from .readings import ReadingName, readingOf

LONGEST = 180  # pixels
MOST = 3  # readings
USUAL = (1, 99)  # percentiles of the values from black to white


@dataclass(frozen=True, eq=False)
class ReadingPicture:
    """The overlay on the base by reading `name`, as PNG: gray where they are alike, green where
    only the base is bright, magenta where only the overlay is.
    """

    name: ReadingName
    png: bytes


def readingPictures(
    between: NodeRegistration, proof: DirectionProof, progress: Progress = lambda _: None
) -> tuple[ReadingPicture, ...]:
    """The standard's reading and those that come next by similarity, on a slice through the middle
    of the base along its rows and its normal; those that bring nothing onto the base are left out.
    """
    lattice = _middleSlice(between.base.lattice)
    base, overlay = between.base.volume(), between.overlay.volume()
    frame = between.base.frame
    here = _resampled(base, lattice, TransformChain((), frame, frame))
    found = []
    for name in _shown(proof):
        progress(f"Drawing by {name} …")
        reading = readingOf(between.registration, name, between.overlay.frame).reading
        there = _resampled(overlay, lattice, reading.transform)
        gray = _gray(here, base)
        image = colorDifference(gray, LayerImage(_gray(there, overlay), ~np.isnan(there)))
        pixels = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
        found.append(ReadingPicture(name, encodedPNG(pixels)))
    return tuple(found)


def _shown(proof: DirectionProof) -> list[ReadingName]:
    standard, *others = proof.scores
    known = [one for one in others if np.isfinite(one.similarity)]
    known.sort(key=lambda one: -one.similarity)
    return [standard.name, *(one.name for one in known[: MOST - 1])]


def _middleSlice(image: Lattice) -> Lattice:
    """Along the first and the last axis of `image`, the last one upward."""
    across, up = image.directions[:, 0], image.directions[:, 2]
    width, height = (np.array(image.size) * image.spacing)[[0, 2]]
    step = max(width, height) / LONGEST
    columns, rows = max(2, round(width / step)), max(2, round(height / step))
    origin = image.center - across * step * (columns - 1) / 2 + up * step * (rows - 1) / 2
    axes = np.stack([across, -up, np.cross(across, -up)], axis=1)
    return Lattice.fromAxes((columns, rows, 1), origin, axes, np.full(3, step))


def _resampled(volume: Volume, lattice: Lattice, way: Transform) -> np.ndarray:
    """Shape (rows, columns), NaN where there is nothing."""
    values = Volume(volume.values.astype(np.float32), volume.lattice, volume.frame)
    made = deformedVolume(values, lattice, way.fromFrame, way, Interpolation.LINEAR, 0)
    return np.where(made.outside | made.undefined, np.nan, made.volume.values)[0]


def _gray(values: np.ndarray, volume: Volume) -> np.ndarray:
    """From black to white as usual values of `volume`, shape (rows, columns, 3)."""
    stride = max(1, volume.values.size // 100_000)
    low, high = np.percentile(volume.values.reshape(-1)[::stride], USUAL)
    share = np.clip((np.nan_to_num(values, nan=low) - low) / max(high - low, 1e-6), 0, 1)
    return np.repeat(share[..., None], 3, axis=-1).astype(np.float32)
