"""What a scan of the patient measures, at any point and on its voxels."""

from __future__ import annotations

import numpy as np

from ..lattice import Lattice
from .anatomy import AIR, BODY, LAYERS, Layer, Modality, Tissue, texture
from .bodyChange import AT_REST, BodyChange
from .scans import BODY_CENTER, Scan, imageAxes
from .shapes import Block, Shape

# mm over which one tissue passes into the next: sharp edges would make every comparison of
# interpolated values a question of luck
EDGE_WIDTH = {Modality.CT: 2.0, Modality.MR: 2.5, Modality.PET: 10.0}

# part of the local value, except HU, which are added
_TEXTURE = {Modality.CT: 9.0, Modality.MR: 0.06, Modality.PET: 0.08}

# The couch of a CT, in the axes of its image: across, down, along from the middle of the body.
_COUCH_DEPTH = {"S": 124.0, "P": 137.0, "DR": 180.0, "DL": 179.0}  # mm to its top
_COUCH_SHELL = Tissue(-250, 0, 0)
_COUCH_FOAM = Tissue(-940, 0, 0)


def valuesAt(
    scan: Scan, points: np.ndarray, frameToBody: np.ndarray, change: BodyChange = AT_REST
) -> np.ndarray:
    """The image value (HU, MR signal, Bq/ml) of `scan` at `points`, shape (n, 3) in its frame.

    `change` moves the patient but not the couch.
    """
    points = np.asarray(points, dtype=float) @ frameToBody[:3, :3].T + frameToBody[:3, 3]
    x, y, z = change(points).T
    values = np.full(len(points), float(AIR.value(scan.modality)))
    for layer in LAYERS:
        _paint(values, layer, (x, y, z), scan)
    _addTexture(values, (x, y, z), scan.modality)
    _condense(values, change.density(points), scan.modality)
    across = tuple((points - BODY_CENTER) @ axis for axis in _couchAxes(scan, frameToBody).T)
    for layer in _couch(scan):
        _paint(values, layer, across, scan)
    return values


def voxelValues(
    scan: Scan, lattice: Lattice, frameToBody: np.ndarray, change: BodyChange = AT_REST
) -> np.ndarray:
    """`valuesAt` the voxel centers of `lattice`; float32, shape (nk, nj, ni)."""
    toBody = frameToBody @ lattice.ijkToLPS
    margin = _edgeWidth(scan) + change.reach
    windows = [_window(layer.shape, np.linalg.inv(toBody), lattice, margin) for layer in LAYERS]
    values = np.full(lattice.shape, AIR.value(scan.modality), dtype=np.float32)
    couchAxes = _couchAxes(scan, frameToBody).astype(np.float32)
    for k, image in enumerate(values):
        scanned = _slicePoints(toBody, lattice, k)
        body = tuple(np.moveaxis(change(scanned), -1, 0).astype(np.float32))
        for layer, (low, high) in zip(LAYERS, windows, strict=True):
            if low[2] <= k < high[2]:
                part = np.s_[low[1] : high[1], low[0] : high[0]]
                _paint(image[part], layer, tuple(c[part] for c in body), scan)
        _addTexture(image, body, scan.modality)
        _condense(image, change.density(scanned), scan.modality)
        couch = _couch(scan)
        if couch:
            centered = (scanned - BODY_CENTER).astype(np.float32)
            across = tuple(centered @ axis for axis in couchAxes.T)
            for layer in couch:
                _paint(image, layer, across, scan)
    return values


def _paint(values: np.ndarray, layer: Layer, points: tuple[np.ndarray, ...], scan: Scan) -> None:
    """Replace `values` by the layer's own, smoothly across its edge."""
    share = 0.5 - layer.shape.distance(*points) / _edgeWidth(scan)
    share = np.clip(share, 0, 1)
    share = share * share * (3 - 2 * share)
    values += share * (layer.tissue.value(scan.modality) - values)


def _edgeWidth(scan: Scan) -> float:
    return EDGE_WIDTH[scan.modality] if scan.edgeWidth is None else scan.edgeWidth


def _condense(values: np.ndarray, density: np.ndarray, modality: Modality) -> None:
    """Every value as far above that of air as the density says."""
    air = AIR.value(modality)
    values += (density - 1) * (values - air)


def _addTexture(values: np.ndarray, points: tuple[np.ndarray, ...], modality: Modality) -> None:
    unevenness = texture(*points) * _TEXTURE[modality]
    if modality is Modality.CT:
        inside = np.clip(-BODY.distance(*points) / 4, 0, 1)
        values += unevenness * inside
    else:
        values *= 1 + unevenness


def _slicePoints(toBody: np.ndarray, lattice: Lattice, k: int) -> np.ndarray:
    """Body coordinates of the voxel centers of slice `k`, shape (nj, ni, 3)."""
    i, j = np.arange(lattice.size[0]), np.arange(lattice.size[1])[:, None]
    rows = [row[0] * i + row[1] * j + (row[2] * k + row[3]) for row in toBody[:3]]
    return np.stack(rows, axis=-1)


def _window(
    shape: Shape, toIndex: np.ndarray, lattice: Lattice, margin: float
) -> tuple[np.ndarray, np.ndarray]:
    """First and past-last index (i, j, k) of the voxels that `shape` can reach."""
    box = shape.box + np.array([[-1], [1]]) * margin
    corners = np.array([[box[a, 0], box[b, 1], box[c, 2]] for a, b, c in np.ndindex(2, 2, 2)])
    index = corners @ toIndex[:3, :3].T + toIndex[:3, 3]
    low = np.clip(np.floor(index.min(axis=0)), 0, lattice.size)
    high = np.clip(np.ceil(index.max(axis=0)) + 1, 0, lattice.size)
    return low.astype(int), high.astype(int)


def _couchAxes(scan: Scan, frameToBody: np.ndarray) -> np.ndarray:
    """Directions across, down and along the couch in body coordinates, as columns."""
    return frameToBody[:3, :3] @ imageAxes(scan)


def _couch(scan: Scan) -> tuple[Layer, ...]:
    if scan.modality is not Modality.CT:
        return ()
    middle = _COUCH_DEPTH[scan.position[2:]] + 11
    return (
        Layer(Block((0, middle, 0), (205, 11, 900)), _COUCH_SHELL),
        Layer(Block((0, middle, 0), (202, 8, 900)), _COUCH_FOAM),
    )
