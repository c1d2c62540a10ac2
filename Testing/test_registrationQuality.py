"""`ihero quality` from objects to report, and the table of limits."""

import csv
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from pydicom import dcmread

from IHERODeformationLib import savedQuality
from IHERODeformationLib.tolerances import TOLERANCES, Judgment, Kind, Metric, judged
from IHERORegistrationLib.cli import main
from IHERORegistrationLib.errors import FileExistsRefusal
from IHERORegistrationLib.phantoms.registrationFiles import registrationDataset
from IHERORegistrationLib.saving import saveDataset

KEPT = ("Lung_R", "GTV")
FILES = ("quality.json", "quality.csv", "quality.html")


@pytest.fixture(scope="module")
def patient(deformedPhantom, tmp_path_factory):
    """The phantom's images, with few structures in the sets; and their UIDs by frame."""
    folder = tmp_path_factory.mktemp("patient")
    for name in ("Registered", "Source"):
        (folder / name).symlink_to(deformedPhantom.folder / name)
    uids = {}
    for frame, path in deformedPhantom.structureSets.items():
        dataset = dcmread(path)
        numbers = {one.ROINumber for one in dataset.StructureSetROISequence if one.ROIName in KEPT}
        for keyword in (
            "StructureSetROISequence", "ROIContourSequence", "RTROIObservationsSequence",
        ):  # fmt: skip
            items = [
                one
                for one in dataset[keyword].value
                if (one.get("ROINumber") or one.get("ReferencedROINumber")) in numbers
            ]
            setattr(dataset, keyword, items)
        uids[frame] = str(dataset.SOPInstanceUID)
        dataset.save_as(folder / path.name)
    return folder, uids


@pytest.fixture(scope="module")
def report(deformedPhantom, patient, tmp_path_factory):
    """The folder that the command fills, with all there is to measure."""
    out = tmp_path_factory.mktemp("quality")
    words = [
        "quality", deformedPhantom.deformation("oblique").path, "--data", patient[0],
        "--out", out, "--landmarks", deformedPhantom.landmarkPairs,
    ]  # fmt: skip
    assert main([str(word) for word in words]) == 0
    return out


def metrics(folder):
    """Rows of the table by what they tell."""
    rows = csv.DictReader((folder / "quality.csv").read_text(encoding="utf-8").splitlines())
    return {(row["kind"], row["region"], row["quantity"]): row for row in rows}


def test_the_report_holds_what_is_known_of_the_objects(deformedPhantom, patient, report):
    found = json.loads((report / "quality.json").read_text())
    identities = found["identities"]
    dataset = dcmread(deformedPhantom.deformation("oblique").path)
    assert identities["Registration"] == dataset.SOPInstanceUID
    assert identities["Registered Frame of Reference"] == deformedPhantom.registered.frame
    assert identities["Source Frame of Reference"] == deformedPhantom.source.frame
    sets = [identities[f"Structures on the {one} image"] for one in ("registered", "source")]
    frames = deformedPhantom.frames
    assert sets == [patient[1][frame] for frame in frames]
    assert len(identities["SHA-256 of the file"]) == 64
    assert found["direction"]["verdict"] == "standard"
    assert found["direction"]["measure"] == "normalized cross correlation"
    assert "numpy" in found["versions"]
    assert any("vectors every" in one for one in found["sentences"])
    name = str(dataset.PatientName)
    for file in FILES:
        assert name not in (report / file).read_text(encoding="utf-8")


def test_landmarks_are_missed_by_no_more_than_the_grid_costs(deformedPhantom, report):
    found = json.loads((report / "quality.json").read_text())
    labels = set(deformedPhantom.landmarks(deformedPhantom.source.frame))
    assert {one["label"] for one in found["landmarks"]} == labels
    errors = [one["error"] for one in found["landmarks"]]
    assert max(errors) < 1
    row = metrics(report)["target registration error", f"{len(labels)} landmarks", "mean"]
    assert float(row["value"]) == pytest.approx(np.mean(errors), rel=1e-4)
    assert row["verdict"] == "within"
    assert row["limit"] == "≤ 11 mm"  # the slices of the registered image
    assert "TG-132" in row["source"]


def test_structures_carried_by_the_truth_lie_on_those_drawn(report):
    found = metrics(report)
    assert float(found["Dice similarity coefficient", "Lung_R", "value"]["value"]) > 0.95
    assert float(found["distance of surfaces", "Lung_R", "mean"]["value"]) < 2
    hausdorff = found["distance of surfaces", "Lung_R", "95 % Hausdorff"]
    assert hausdorff["verdict"] == "no agreed limit"


def test_volume_changes_are_those_of_the_phantom(deformedPhantom, report):
    lattice = deformedPhantom.registered.lattice
    k, j, i = np.indices(lattice.shape)
    points = lattice.points(np.stack([i, j, k], axis=-1).reshape(-1, 3))
    exact = deformedPhantom.toSource.jacobianDeterminant(points)
    found = metrics(report)
    for quantity, expected in (
        ("minimum", exact.min()),
        ("median", np.median(exact)),
        ("99 %", np.percentile(exact, 99)),
    ):
        value = float(found["Jacobian determinant", "image", quantity]["value"])
        assert value == pytest.approx(expected, abs=0.02)  # vectors every 11 mm
    folded = found["Jacobian determinant", "image", "not above 0"]
    assert (folded["value"], folded["verdict"]) == ("0", "within")
    assert float(found["Jacobian determinant", "GTV", "median"]["value"]) > 0


def test_the_page_tells_it_all(report):
    page = (report / "quality.html").read_text(encoding="utf-8")
    for words in (
        "The images agree best with the standard&#x27;s reading.",
        "There and back",
        "numerical inverse",
        "Lung_R",
        "AAPM TG-132",
        "SHA-256",
        "Rating by a person",
        "nothing here was approved for treatment",
        "vectors turned by the matrix before them",
    ):
        assert words in page, words
    assert "<script" not in page


def test_nothing_is_overwritten_unless_asked(deformedPhantom, patient, report, capsys):
    words = [
        "quality", deformedPhantom.deformation("oblique").path, "--data", patient[0], "--out",
        report,
    ]  # fmt: skip
    assert main([str(word) for word in words]) == 1
    assert "--force overwrites it" in capsys.readouterr().err


def test_a_report_takes_the_place_of_the_one_before_by_force(tmp_path, monkeypatch):
    page = ["first"]
    monkeypatch.setattr(savedQuality, "qualityPictures", lambda *_, **_named: ())
    monkeypatch.setattr(savedQuality, "qualityPage", lambda *_: page[0])
    quality = SimpleNamespace(asJSON=dict, rows=lambda: [("mean", 1)])
    inputs = SimpleNamespace(registered=None, source=None, structures=None)
    file = savedQuality.saveQuality(quality, None, inputs, tmp_path)
    page[0] = "second"
    with pytest.raises(FileExistsRefusal):
        savedQuality.saveQuality(quality, None, inputs, tmp_path)
    assert file.read_text() == "first"
    assert savedQuality.saveQuality(quality, None, inputs, tmp_path, force=True) == file
    assert file.read_text() == "second"


@pytest.fixture(scope="module")
def matrices(deformedPhantom, tmp_path_factory):
    """Spatial Registrations of the two scans: the rigid part there, the same back and 3 mm off."""
    folder = tmp_path_factory.mktemp("matrices")
    registered, source = (
        replace(one, scan=replace(one.scan, name=name))  # a label has 16 characters
        for one, name in ((deformedPhantom.registered, "R"), (deformedPhantom.source, "S"))
    )
    toSource = deformedPhantom.toSource.affine.matrix
    off = toSource.copy()
    off[:3, 3] += (2, -2, 1)
    landmarks = {frame: dcmread(path) for frame, path in deformedPhantom.fiducials.items()}
    made = {
        "there": registrationDataset(
            source, registered, "there", np.linalg.inv(toSource), landmarks
        ),
        "back": registrationDataset(registered, source, "back", off, landmarks),
    }
    return {name: saveDataset(one, folder / f"{name}.dcm") for name, one in made.items()}


def test_a_second_registration_shows_how_consistent_both_are(patient, matrices, tmp_path, capsys):
    words = [
        "quality", matrices["there"], "--data", patient[0], "--out", tmp_path, "--back",
        matrices["back"],
    ]  # fmt: skip
    assert main([str(word) for word in words]) == 0
    assert capsys.readouterr().out.startswith("The images agree best with the standard's reading.")
    found = metrics(tmp_path)
    row = found["inverse consistency", "image", "mean"]
    assert float(row["value"]) == pytest.approx(3)
    assert (row["verdict"], row["limit"]) == ("within", "≤ 11 mm")
    assert not any(kind == "numerical inverse" for kind, _, _ in found)
    limits = json.loads((tmp_path / "quality.json").read_text())["limits"]
    assert "A registration and its way back may agree and both be wrong." in limits


def test_the_same_registration_is_no_way_back(patient, matrices, tmp_path, capsys):
    words = [
        "quality", matrices["there"], "--data", patient[0], "--out", tmp_path, "--back",
        matrices["there"],
    ]  # fmt: skip
    assert main([str(word) for word in words]) == 2
    assert "expected a second registration, found the same one" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


# -- limits ----------------------------------------------------------------------------------------


def test_a_value_is_judged_by_the_row_of_its_kind_and_quantity():
    mean = Metric(Kind.LANDMARKS, "5 landmarks", "mean", 2.4, "mm")
    within, beyond, unknown = judged(
        [mean, replace(mean, value=2.6), replace(mean, value=np.nan)], 2.5
    )
    assert (within.judgment, beyond.judgment) == (Judgment.WITHIN, Judgment.BEYOND)
    assert within.limitText == "≤ 2.5 mm"
    assert unknown.judgment is Judgment.UNKNOWN
    (median,) = judged([replace(mean, quantity="median")], 2.5)
    assert (median.judgment, median.limitText) == (Judgment.NO_LIMIT, "")


@pytest.mark.parametrize(
    ("kind", "quantity", "good", "bad"),
    [
        (Kind.LANDMARKS, "mean", 3.0, 3.01),
        (Kind.LANDMARKS, "maximum", 5.0, 5.1),
        (Kind.SURFACE, "mean", 2.9, 3.1),
        (Kind.DICE, "value", 0.8, 0.79),
        (Kind.JACOBIAN, "not above 0", 0.0, 0.001),
        (Kind.CONSISTENCY, "mean", 3.0, 3.2),
    ],
)
def test_each_limit_is_held_and_broken_once(kind, quantity, good, bad):
    values = judged([Metric(kind, "", quantity, value, "") for value in (good, bad)], 3.0)
    assert [one.judgment for one in values] == [Judgment.WITHIN, Judgment.BEYOND]
    assert all(one.tolerance.source for one in values)


def test_every_limit_has_a_test_a_source_and_a_meaning():
    assert len(TOLERANCES) == 6
    assert len({(one.kind, one.quantity) for one in TOLERANCES}) == len(TOLERANCES)
    assert all(one.source and one.meaning for one in TOLERANCES)
