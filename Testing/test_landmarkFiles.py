"""Landmark pairs from files of all kinds, and the errors of a transform that is known."""

import json

import numpy as np
import pytest

from IHERODeformationLib.deformation import DeformableTransform
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERODeformationLib.landmarkFiles import landmarkPairsFromFiles, landmarksFromFile
from IHERODeformationLib.landmarkPairs import LandmarkPairs, landmarkErrors, pairedLandmarks
from IHERODeformationLib.phantoms.deformedPhantom import DeformedPhantom
from IHERODeformationLib.reader import deformableRegistrationFromFile
from IHERORegistrationLib.errors import (
    LandmarkError,
    MalformedObjectError,
    ReferenceNotFoundError,
)
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.lattice import Lattice
from testData import dataSet

R, S = "1.2.3.4", "1.2.3.5"
HERE = np.array([[12.5, -80.25, 310], [-33, 41.75, 295.5], [7, 8, -9.125]])
THERE = HERE[:, [2, 0, 1]] + (5, -6, 7)


def written(path, *lines):
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def pairsFile(folder, header="label,xR,yR,zR,xS,yS,zS", labels=("A", "B", "tip of “C”")):
    rows = [
        ",".join([*([label] if labels else []), *(repr(float(x)) for x in (*here, *there))])
        for label, here, there in zip(labels or "123", HERE, THERE, strict=True)
    ]
    return written(folder / "pairs.csv", header, *rows)


def points(path, label="label,"):
    rows = [f"{'P' + str(n) + ',' if label else ''}{x},{y},{z}" for n, (x, y, z) in enumerate(HERE)]
    return written(path, f"{label}x,y,z", *rows)


def test_pairs_come_from_one_table(tmp_path):
    found = landmarkPairsFromFiles(pairsFile(tmp_path), None, R, S)
    assert found.labels == ("A", "B", "tip of “C”")
    np.testing.assert_array_equal(found.registered, HERE)
    np.testing.assert_array_equal(found.source, THERE)


def test_labels_of_a_table_may_be_missing_and_columns_may_be_in_any_order(tmp_path):
    found = landmarkPairsFromFiles(pairsFile(tmp_path, "xR,yR,zR,xS,yS,zS", ()), None, R, S)
    assert found.labels == ("1", "2", "3")
    path = written(tmp_path / "other.csv", "zS,yS,xS,zR,yR,xR,label,note", "6,5,4,3,2,1,A,seen")
    found = landmarkPairsFromFiles(path, None, R, S)
    np.testing.assert_array_equal(found.registered, [[1, 2, 3]])
    np.testing.assert_array_equal(found.source, [[4, 5, 6]])


def test_two_files_are_paired_by_label_whatever_their_order(tmp_path):
    first = written(tmp_path / "a.csv", "label,x,y,z", "one,1,2,3", "two,4,5,6", "alone,7,8,9")
    second = written(tmp_path / "b.csv", "label,x,y,z", "two,40,50,60", "one,10,20,30")
    found = landmarkPairsFromFiles(first, second, R, S)
    assert found.labels == ("one", "two")
    np.testing.assert_array_equal(found.source, [[10, 20, 30], [40, 50, 60]])
    assert found.notes == ("2 landmarks were paired by label; without a partner: alone",)


def test_two_files_without_labels_are_paired_by_their_order(tmp_path):
    first = points(tmp_path / "a.csv", "")
    second = written(tmp_path / "b.txt", "point", "3", *(" ".join(map(str, p)) for p in THERE))
    found = landmarkPairsFromFiles(first, second, R, S)
    np.testing.assert_array_equal(found.source, THERE)
    assert found.notes == ("3 landmarks were paired by their order",)


def markups(path, system="LPS", **changes):
    signs = (1, 1, 1) if system == "LPS" else (-1, -1, 1)
    controls = [
        {"label": f"F-{n}", "position": (point * signs).tolist()} for n, point in enumerate(HERE)
    ]
    controls.append({"label": "later", "position": [0, 0, 0], "positionStatus": "undefined"})
    one = {"type": "Fiducial", "coordinateSystem": system, "controlPoints": controls, **changes}
    return written(path, json.dumps({"markups": [one]}))


@pytest.mark.parametrize("system", ["LPS", "RAS"])
def test_slicer_markups_say_which_axes_they_have(tmp_path, system):
    found = landmarksFromFile(markups(tmp_path / "a.mrk.json", system), R)
    assert [label for label, _ in found] == ["F-0", "F-1", "F-2"]
    np.testing.assert_array_equal([point for _, point in found], HERE)


@pytest.mark.parametrize(("system", "signs"), [("LPS", 1), ("RAS", -1), ("0", -1), ("1", 1)])
def test_older_slicer_markups_say_it_too(tmp_path, system, signs):
    path = written(
        tmp_path / "a.fcsv",
        "# Markups fiducial file version = 4.13",
        f"# CoordinateSystem = {system}",
        "# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID",
        "1,1.5,-2.5,3.5,0,0,0,1,1,1,0,F-1,,",
    )
    ((label, point),) = landmarksFromFile(path, R)
    assert label == "F-1"
    np.testing.assert_array_equal(point, [1.5 * signs, -2.5 * signs, 3.5])


def test_markups_without_axes_are_refused(tmp_path):
    with pytest.raises(MalformedObjectError, match="coordinate system LPS or RAS"):
        landmarksFromFile(markups(tmp_path / "a.mrk.json", coordinateSystem="IJK"), R)
    path = written(tmp_path / "a.fcsv", "# columns = id,x,y,z", "1,2,3,4")
    with pytest.raises(MalformedObjectError, match="expected CoordinateSystem LPS or RAS"):
        landmarksFromFile(path, R)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("x,y,z", "1,2,3"), "or a second file"),
        (("label,xR,yR,zR,xS,yS,zS", "A,1,2,3,4,5,six"), r"6 finite numbers.*line 2"),
        (("label,xR,yR,zR,xS,yS,zS", "A,1,2,3,4,5"), r"6 finite numbers.*line 2"),
        (("label,xR,yR,zR,xS,yS,zS", "A,1,2,3,4,5,nan"), "6 finite numbers"),
        (("label,xR,yR,zR,xS,yS,zS", "A,1,2,3,4,5,1e999"), "6 finite numbers"),
        ((), "expected the header|found nothing"),
    ],
)
def test_a_bad_table_is_refused_with_its_line(tmp_path, lines, message):
    with pytest.raises(MalformedObjectError, match=message):
        landmarkPairsFromFiles(written(tmp_path / "a.csv", *lines), None, R, S)


def test_bad_lists_of_points_are_refused(tmp_path):
    with pytest.raises(MalformedObjectError, match="voxel indices"):
        landmarksFromFile(written(tmp_path / "a.txt", "index", "1", "3 4 5"), R)
    with pytest.raises(MalformedObjectError, match="as many points as line 2 says"):
        landmarksFromFile(written(tmp_path / "b.txt", "point", "2", "3 4 5"), R)
    with pytest.raises(MalformedObjectError, match="no such file"):
        landmarksFromFile(tmp_path / "c.txt", R)


def test_lists_that_make_no_pairs_are_refused():
    here = [("", point) for point in HERE]
    with pytest.raises(LandmarkError, match="found 3 and 2 without a common label"):
        pairedLandmarks(here, here[:2])
    twice = [("A", HERE[0]), ("A", HERE[1])]
    with pytest.raises(LandmarkError, match="found A twice"):
        pairedLandmarks(twice, twice)
    with pytest.raises(LandmarkError, match="found none"):
        pairedLandmarks([], [])


def test_known_errors_are_found():
    pairs = LandmarkPairs(("A", "B", "C"), HERE, HERE + np.array([[3, 4, 0], [0, 0, 0], [2, 3, 6]]))
    found = landmarkErrors(AffineTransform(np.eye(4), R, S), pairs)
    np.testing.assert_array_equal(found.errors, [5, 0, 7])
    np.testing.assert_array_equal(found.before, [5, 0, 7])
    assert found.distribution.mean == 4
    assert found.undefined == 0


def test_a_landmark_that_the_registration_does_not_define_has_no_error():
    lattice = Lattice.fromAxes((4, 5, 6), HERE[0] - 10, np.eye(3), (7, 6, 5))
    vectors = np.broadcast_to(np.float32([1, 2, 2]), (*lattice.shape, 3))
    grid = DisplacementGrid(lattice, vectors)
    transform = DeformableTransform(np.eye(4), grid, np.eye(4), R, S)
    found = landmarkErrors(transform, LandmarkPairs(("A", "B", "C"), HERE, HERE))
    assert found.errors[0] == pytest.approx(3)
    assert np.isnan(found.errors[1:]).all()
    assert found.undefined == 2
    assert found.distribution.count == 1
    assert [one["status"] for one in found.asJSON()] == ["defined", "outside", "outside"]
    assert [one["error"] for one in found.asJSON()][1:] == [None, None]


# -- objects ---------------------------------------------------------------------------------------


def test_the_phantoms_own_landmarks_are_met(deformedPhantom: DeformedPhantom):
    frames = deformedPhantom.frames
    table = landmarkPairsFromFiles(deformedPhantom.landmarkPairs, None, *frames)
    first, second = (deformedPhantom.fiducials[frame] for frame in frames)
    objects = landmarkPairsFromFiles(first, second, *frames)
    assert set(table.labels) == set(objects.labels)
    truth = deformedPhantom.landmarks(frames[1])
    for pairs in (table, objects):
        for label, point in zip(pairs.labels, pairs.source, strict=True):
            np.testing.assert_allclose(point, truth[label], atol=1e-6)
    with pytest.raises(ReferenceNotFoundError):
        landmarkPairsFromFiles(first, None, *frames)
    value = deformableRegistrationFromFile(deformedPhantom.deformation("oblique").path)
    found = landmarkErrors(value.oneDeformation(), table)
    bound = deformedPhantom.deformation("oblique").encoded.bound(table.registered)
    assert (found.errors <= bound + 1e-5).all()
    assert bound.max() < 2


@pytest.mark.parametrize("maker", ["plastimatch-1.9.4", "pydicomrt-0.9.1"])
def test_landmarks_of_real_lungs_are_missed_by_what_their_maker_found(maker):
    folder = dataSet("lung-repeat-ct-landmarks") / "native"
    files = [folder / f"{one}_point_set_corrected.txt" for one in ("fixed", "moving")]
    pairs = landmarkPairsFromFiles(*files, R, S)
    registration = deformableRegistrationFromFile(
        dataSet("peer-made/lung-repeat-ct-reg") / f"{maker}_dsro-fullfield.dcm"
    )
    found = landmarkErrors(registration.oneDeformation(), pairs)
    assert len(found.errors) == 51
    assert found.distribution.mean == pytest.approx(1.46, abs=0.005)
    assert found.distribution.median == pytest.approx(0.94, abs=0.005)
    assert found.distribution.maximum == pytest.approx(12.5, abs=0.05)
    assert found.before.mean() == pytest.approx(35.3, abs=0.05)
