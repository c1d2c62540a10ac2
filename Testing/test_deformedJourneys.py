"""From files through files against the closed form: images, dose and contours of a made patient.

The detail of the phantom has an oblique registered series and a rotated pre matrix everywhere. A
hole does not touch the structures.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

from IHERODeformationLib.contourDeformer import structureSetDeformed
from IHERODeformationLib.displacementGrid import PointStatus
from IHERODeformationLib.doseDeformer import datasetFromDeformedDose, deformedDose
from IHERODeformationLib.frameWays import registrationWay
from IHERODeformationLib.imageDeformer import deformedSeries
from IHERODeformationLib.phantoms.deformedPhantom import DeformedPhantom, writeDeformedPhantom
from IHERODeformationLib.phantoms.encodings import ENCODINGS
from IHERODeformationLib.phantoms.pairs import Extent, Kind, PairRecipe
from IHERODeformationLib.reader import deformableRegistrationFromFile
from IHERORegistrationLib.cli import main
from IHERORegistrationLib.dose import doseFromFile
from IHERORegistrationLib.images import ImageSeries
from IHERORegistrationLib.resampling import Interpolation
from IHERORegistrationLib.saving import saveDataset
from IHERORegistrationLib.seriesReading import seriesFromFiles
from IHERORegistrationLib.structures import Contour, StructureSet
from IHERORegistrationLib.structureSetReader import structureSetFromFile

CREATED = datetime(2026, 1, 12, 10, 30)
WITH_PRE, OBLIQUE, BOTH = "drro", "oblique", "both"

Made = Callable[[Kind], DeformedPhantom]


@pytest.fixture(scope="module")
def detail(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The phantom's detail by kind, each made once."""
    phantoms: dict[Kind, DeformedPhantom] = {}
    used = [one for one in ENCODINGS if one.name in (WITH_PRE, OBLIQUE, BOTH)]

    def one(kind: Kind) -> DeformedPhantom:
        if kind not in phantoms:
            folder = tmp_path_factory.mktemp(kind.lower())
            recipe = PairRecipe(kind, extent=Extent.DETAIL)
            phantoms[kind] = writeDeformedPhantom(folder, recipe, encodings=used)
        return phantoms[kind]

    return one


def seriesIn(folder: Path) -> ImageSeries:
    (series,) = seriesFromFiles(sorted(folder.glob("*.dcm")))
    return series


def centers(lattice) -> np.ndarray:
    """Voxel centers, shape (nk, nj, ni, 3) LPS mm."""
    k, j, i = np.indices(lattice.shape)
    return lattice.points(np.stack([i, j, k], axis=-1))


@pytest.mark.parametrize("encoding", [one.name for one in ENCODINGS])
def test_the_command_takes_landmarks_to_landmarks_in_every_encoding(
    deformedPhantom, tmp_path, encoding
):
    here, there = (
        deformedPhantom.landmarks(series.frame)
        for series in (deformedPhantom.registered, deformedPhantom.source)
    )
    points = np.array(list(here.values()))
    given, out = tmp_path / "given.csv", tmp_path / "mapped.csv"
    np.savetxt(given, points, "%.17g", ",", header="x,y,z", comments="")
    written = deformedPhantom.deformation(encoding)
    assert main(["map", str(written.path), "--points", str(given), "--out", str(out)]) == 0
    rows = list(csv.DictReader(out.read_text().splitlines()))
    status = written.encoded.status(points)
    assert [row["status"] for row in rows] == [PointStatus(one).name.lower() for one in status]
    defined = status == PointStatus.DEFINED
    assert defined.sum() > (0 if written.encoded.encoding.isSmall else 5)
    found = np.array([[row[a] for a in "xyz"] for row in rows])[defined].astype(float)
    apart = np.linalg.norm(found - np.array(list(there.values()))[defined], axis=1)
    assert np.all(apart <= written.encoded.bound(points[defined]))


@pytest.mark.parametrize(
    ("kind", "encoding", "interpolation", "most"),
    [
        (Kind.HOLE, WITH_PRE, Interpolation.LINEAR, 1.0),
        (Kind.HOLE, OBLIQUE, Interpolation.CUBIC, 0.6),
        (Kind.FEET_FIRST, BOTH, Interpolation.LINEAR, 1.0),
    ],
)
def test_the_deformed_image_is_the_analytic_one(
    detail, tmp_path, kind, encoding, interpolation, most
):
    """`most` HU in the mean."""
    phantom = detail(kind)
    written = phantom.deformation(encoding)
    registration = deformableRegistrationFromFile(written.path)
    source, base = (seriesIn(phantom.folder / name) for name in ("Source", "Registered"))
    way = registrationWay([registration], base.frame, source.frame)
    made = deformedSeries(
        source, base, way, [registration], created=CREATED, interpolation=interpolation
    )
    for n, dataset in enumerate(made.datasets):
        saveDataset(dataset, tmp_path / f"{n}.dcm")
    volume = seriesIn(tmp_path).volume()
    assert volume.frame == phantom.registered.frame
    lattice = phantom.registered.lattice
    np.testing.assert_allclose(volume.lattice.ijkToLPS, lattice.ijkToLPS, atol=1e-9)
    points = centers(volume.lattice)
    undefined = written.encoded.status(points) != 0
    assert made.undefined == undefined.sum()
    assert made.outside == 0
    assert (undefined.any()) == (kind is Kind.HOLE)
    truth = phantom.intensity(points.reshape(-1, 3)).reshape(undefined.shape)
    assert np.nanstd(truth) > 200
    error = np.abs(volume.values - truth)[~undefined & np.isfinite(truth)]
    assert error.mean() <= most


@pytest.mark.parametrize(
    ("kind", "encoding"),
    [(Kind.HOLE, OBLIQUE), (Kind.FEET_FIRST, BOTH)],
)
def test_the_deformed_dose_is_the_analytic_one(detail, tmp_path, kind, encoding):
    phantom = detail(kind)
    registration = deformableRegistrationFromFile(phantom.deformation(encoding).path)
    target = seriesIn(phantom.folder / "Registered")
    deformed = deformedDose(doseFromFile(phantom.dose), target, [registration])
    written = datasetFromDeformedDose(deformed, "Deformed", created=CREATED)
    volume = doseFromFile(saveDataset(written.dataset, tmp_path / "dose.dcm")).volume
    assert volume.frame == phantom.registered.frame
    truth = phantom.doseAt(centers(volume.lattice))
    defined = deformed.defined & np.isfinite(truth)
    assert defined.mean() > 0.3
    assert truth[defined].max() > 60
    error = np.abs(volume.values - truth)[defined]
    assert error.mean() <= 0.002 * truth[defined].max()
    np.testing.assert_array_equal(volume.values[~deformed.defined], 0)


def along(contours: tuple[Contour, ...]) -> np.ndarray:
    """Points every 0.3 mm along closed `contours`, shape (n, 3)."""
    parts = []
    for contour in contours:
        for a, b in zip(contour.points, np.roll(contour.points, -1, axis=0), strict=True):
            count = int(np.ceil(np.linalg.norm(b - a) / 0.3))
            parts.append(a + (b - a) * (np.arange(count)[:, None] / max(count, 1)))
    return np.concatenate(parts)


@pytest.mark.parametrize(
    ("kind", "encoding", "against"),
    [
        (Kind.HOLE, OBLIQUE, False),
        (Kind.FEET_FIRST, BOTH, False),
        (Kind.HOLE, WITH_PRE, True),
    ],
)
def test_deformed_contours_are_the_analytic_ones(detail, tmp_path, kind, encoding, against):
    """95 % of the surface within half a voxel of the target, both ways; `against`: from the source
    to the registered images through the numerical inverse.
    """
    phantom = detail(kind)
    registration = deformableRegistrationFromFile(phantom.deformation(encoding).path)
    start, end = phantom.registered, phantom.source
    if against:
        start, end = end, start
    target = seriesIn(phantom.folder / end.scan.name)
    made = structureSetDeformed(
        structureSetFromFile(phantom.structureSets[start.frame]),
        target,
        [registration],
        label="DEFORMED",
        created=CREATED,
        numericalInverse=against,
    )
    carried = structureSetFromFile(saveDataset(made.dataset, tmp_path / "structures.dcm"))
    truth = structureSetFromFile(phantom.structureSets[end.frame])
    assert carried.frame == end.frame
    half = target.lattice.spacing.min() / 2
    for region in ("GTV", "CTV"):
        found, expected = (along(drawn(one, region)) for one in (carried, truth))
        away = np.abs(phantom.distance(region, found, end.frame))
        assert np.mean(away <= half) >= 0.95, region
        missed, _ = cKDTree(found).query(expected)
        assert np.mean(missed <= half) >= 0.95, region


def drawn(structures: StructureSet, region: str) -> tuple[Contour, ...]:
    (one,) = (one for one in structures.structures if one.name.startswith(region) and one.contours)
    return one.contours
