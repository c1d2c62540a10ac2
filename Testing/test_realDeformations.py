"""What our deformers make of real and phantom images through deformable registrations that other
programs wrote, against SimpleITK's resampling and closed forms.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import dcmread
from scipy.interpolate import RegularGridInterpolator

from IHERODeformationLib.contourDeformer import structureSetDeformed
from IHERODeformationLib.doseDeformer import deformedDose
from IHERODeformationLib.reader import deformableRegistrationFromFile
from IHERORegistrationLib.cli import main
from IHERORegistrationLib.dataFolder import DataFolder, dataFolder
from testData import dataSet

CREATED = datetime(2026, 11, 22, 8)
WRITERS = {
    "axis-aligned": "plastimatch-1.9.4_dsro-gauss",
    "oblique": "pydicomrt-0.9.1_dsro-gauss-obliquegrid",
}


def storedField(path: Path) -> sitk.Image:
    """The one grid of an object, read without our reader."""
    (item,) = dcmread(path).DeformableRegistrationSequence
    (grid,) = item.DeformableRegistrationGridSequence
    vectors = np.frombuffer(grid.VectorGridData, "<f4").astype(float)
    field = sitk.GetImageFromArray(
        vectors.reshape(*reversed(grid.GridDimensions), 3), isVector=True
    )
    field.SetOrigin([float(x) for x in grid.ImagePositionPatient])
    field.SetSpacing([float(x) for x in grid.GridResolution])
    rows = np.array(grid.ImageOrientationPatient, float).reshape(2, 3)
    field.SetDirection(np.column_stack([*rows, np.cross(*rows)]).ravel())
    return field


def imageOf(folder: Path) -> sitk.Image:
    """A series as SimpleITK reads it."""
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return reader.Execute()


def test_a_lung_comes_where_simpleitk_resamples_it_to(tmp_path, capsys):
    lungs = dataSet("lung-repeat-ct-landmarks")
    path = dataSet("peer-made/lung-repeat-ct-reg") / "pydicomrt-0.9.1_dsro-fullfield.dcm"
    assert main(["image", str(path), "--data", str(lungs), "--out", str(tmp_path)]) == 0
    field = storedField(path)
    fixed, moving = (imageOf(lungs / f"dicom_{one}") for one in ("baseline", "followup"))
    transform = sitk.DisplacementFieldTransform(sitk.Image(field))
    nowhere = -9999.0
    moving = sitk.Cast(moving, sitk.sitkFloat32)
    wanted = sitk.GetArrayFromImage(
        sitk.Resample(moving, fixed, transform, sitk.sitkLinear, nowhere)
    )
    found = sitk.GetArrayFromImage(imageOf(tmp_path))
    assert found.shape == wanted.shape
    known = wanted != nowhere
    for axis, (image, last) in enumerate(zip(fixed.GetOrigin(), field.GetSize(), strict=True)):
        centers = image + fixed.GetSpacing()[axis] * np.arange(fixed.GetSize()[axis])
        along = (centers - field.GetOrigin()[axis]) / field.GetSpacing()[axis]
        inside = (along > -1e-4) & (along < last - 1 + 1e-4)  # nodes, not half a cell beyond
        known &= np.expand_dims(inside, [n for n in range(3) if n != 2 - axis])
    assert known.mean() > 0.9
    away = np.abs(found - wanted)[known]
    assert away.max() < 0.52  # rounded to whole HU
    assert away.mean() == pytest.approx(0.25, abs=0.01)
    there, before = (sitk.GetArrayFromImage(one) for one in (fixed, sitk.Resample(moving, fixed)))
    assert np.abs(there - found)[known].mean() < np.abs(there - before)[known].mean() / 4
    assert "0.8 % of the voxels have no value" in capsys.readouterr().err  # 1 slice of 129


@pytest.fixture(scope="module")
def aria() -> DataFolder:
    return dataFolder(dataSet("aria136-phantom-registered-explicit"))


@pytest.fixture(scope="module", params=WRITERS.values(), ids=WRITERS)
def registration(request):
    folder = dataSet("peer-made/aria-phantom-known-reg")
    return deformableRegistrationFromFile(folder / f"{request.param}.dcm")


def closedForm(points: np.ndarray) -> np.ndarray:
    """The Gaussian as its makers gave it; between nodes 4 mm apart the objects are near it."""
    away = (points - (2, -3, 1)) / 15
    return points + np.exp(-np.sum(away**2, axis=-1) / 2)[..., None] * (6, -4, 3)


BETWEEN_NODES = 0.2  # mm: 4² / 8 of the second derivatives, along three axes


def test_circles_and_spheres_of_a_phantom_keep_their_radius_in_closed_form(aria, registration):
    target = aria.oneSeries(frame=registration.registeredFrame)
    (structures,) = [one for one in aria.structureSets if one.frame != target.frame]
    kept = [one for one in structures.structures if one.name in ("20mm_water_cube", "5mm_circle")]
    made = structureSetDeformed(
        replace(structures, structures=tuple(kept)),
        target,
        [registration],
        label="DEFORMED",
        created=CREATED,
        numericalInverse=True,
    )
    assert not [one for one in made.findings if one.severity == "ERROR"]
    outlines = {
        one.ROIName: np.concatenate(
            [np.array(c.ContourData, float).reshape(-1, 3) for c in contours.ContourSequence]
        )
        for one, contours in zip(
            made.dataset.StructureSetROISequence, made.dataset.ROIContourSequence, strict=True
        )
    }
    circle = closedForm(outlines["5mm_circle"])
    radius = np.linalg.norm(circle[:, :2] - (5.454, -5.079), axis=1)
    np.testing.assert_allclose(radius, 2.5, atol=0.03 + BETWEEN_NODES)
    cube = closedForm(outlines["20mm_water_cube"])
    assert np.abs(cube[:, :2]).max() < 10 + BETWEEN_NODES
    assert np.abs(cube[:, 2]).max() < 11.25 + BETWEEN_NODES  # half a slice beyond the last contour
    for axis in (0, 1):
        assert cube[:, axis].min() < -9.7
        assert cube[:, axis].max() > 9.7


def test_dose_of_a_phantom_is_that_of_the_closed_form(aria, registration):
    target = aria.oneSeries(frame=registration.registeredFrame)
    dose = aria.oneDose("1.2.246.352.71.7.678578880832.15210249.20200212090742")
    made = deformedDose(dose, target, [registration])
    lattice, source = made.volume.lattice, dose.volume.lattice
    k, j, i = np.nonzero(made.defined)
    there = source.indices(closedForm(lattice.points(np.stack([i, j, k], axis=-1))))
    axes = [np.arange(n) for n in source.shape]
    at = RegularGridInterpolator(axes, dose.volume.values.astype(float))
    wanted = at(np.clip(there[:, ::-1], 0, np.array(source.shape) - 1))
    away = np.abs(made.volume.values[k, j, i] - wanted)
    most = dose.volume.values.max()
    assert most == pytest.approx(23.23, abs=0.01)
    assert len(away) > 700
    assert away.mean() < 0.005 * most  # between nodes, where the dose falls by 10 Gy a voxel
    assert np.percentile(away, 95) < 0.04 * most
    assert not made.volume.values[~made.defined].any()
    assert made.unreached.share == 0


def test_images_listed_in_the_wrong_study_are_listed_in_their_own_by_the_normalized_copy(tmp_path):
    folder = str(dataSet("aria136-phantom-registered-explicit"))
    name = f"{WRITERS['oblique']}.dcm"
    made = tmp_path / name
    stored = str(dataSet("peer-made/aria-phantom-known-reg") / name)
    main(["check", stored, "--data", folder, "--write-normalized", str(made)])
    assert main(["check", str(made), "--data", folder, "--role", "producer"]) == 0
    dataset = dcmread(made)
    (here,), (other,) = (
        dataset.ReferencedSeriesSequence,
        dataset.StudiesContainingOtherReferencedInstancesSequence,
    )
    assert len(here.ReferencedInstanceSequence) == 101
    assert len(other.ReferencedSeriesSequence[0].ReferencedInstanceSequence) == 11
