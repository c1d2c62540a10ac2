"""Deformed phantoms made for one test, and points in their lattices."""

from __future__ import annotations

from functools import cache

import numpy as np

from IHERODeformationLib.phantoms.deformationFiles import deformationDataset
from IHERODeformationLib.phantoms.encodedMap import encodedMap
from IHERODeformationLib.phantoms.encodings import ENCODINGS
from IHERODeformationLib.phantoms.pairs import TARGET, Kind, PairRecipe, scannedPair

NAMES = [one.name for one in ENCODINGS]
RNG_SEED = 11
BROKEN = {
    "baked-in": {"DCM-DSR-010"},
    "no-matrices": {"DCM-DSR-010"},
    "small-grid": {"DCM-DSR-009"},
    "one-item": {"DRRO-DSR-003", "DRRO-FOR-001"},
    "post": {"DRRO-DSR-014"},
    "both": {"DRRO-DSR-014"},
}


REFUSED = {"one-item", "post", "both"}  # with an error of these


def files(folder):
    """The DICOM files of a phantom, in the order of their names."""
    return sorted(folder.rglob("*.dcm"))


def newlyMade(kind, name, seed="in memory"):
    """The pair of scans, its map in the encoding `name`, and the data set, nothing written."""
    pair = scannedPair(PairRecipe(kind), seed)
    (encoding,) = (one for one in ENCODINGS if one.name == name)
    encoded = encodedMap(
        encoding,
        pair.toSource,
        pair.registered.lattice,
        pair.registered.pointOf(np.array(TARGET)),
        hasScatteredHoles=kind is Kind.NAN_NODES,
    )
    return pair, encoded, deformationDataset(encoded, pair.registered, pair.source, seed)


made = cache(newlyMade)


def indicesIn(lattice, count=1000, beyond=0.0):
    most = np.array(lattice.size) - 1 + beyond
    return np.random.default_rng(RNG_SEED).uniform(-beyond, most, (count, 3))


def nodesOf(lattice):
    i, j, k = np.indices(lattice.size)
    return lattice.points(np.stack([i, j, k], axis=-1)).transpose(2, 1, 0, 3)
