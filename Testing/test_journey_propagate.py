"""Structures and dose go to another scan on the screen, and on into the DICOM database."""

import itertools

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

from pydicom import dcmread

from deformedDoses import assertDoseOf
from exportScreen import written
from IHERODeformationLib.phantoms.deformedPhantom import writeDeformedPhantom
from IHERODeformationLib.phantoms.encodings import ENCODINGS
from IHERORegistrationLib.displayLayouts import Plane, Role, viewName
from IHERORegistrationLib.dose import doseFromFile
from IHERORegistrationLib.structureSetReader import structureSetFromFile
from journeys.seenPixels import outlinePoints, pixelsAndPoints
from journeys.user import userOf

pytestmark = pytest.mark.usefixtures("canDraw")
BASE, DOSE = (viewName(role, Plane.AXIAL) for role in (Role.BASE, Role.DOSE))


@pytest.fixture(scope="module")
def breathed(tmp_path_factory):
    """A small patient who breathed, with his deformation as the profile wants it."""
    folder = tmp_path_factory.mktemp("breathed")
    encodings = [one for one in ENCODINGS if one.name == "drro"]
    return writeDeformedPhantom(folder, encodings=encodings)


@pytest.fixture(scope="module")
def seen(breathed, tmp_path_factory):
    """What there was to see at each step, by its name; files outlive the application."""
    settings = tmp_path_factory.mktemp("propagate")
    with userOf(settings, breathed.folder) as user:
        from journeys.propagateContoursAndDose import propagateContoursAndDose

        steps = propagateContoursAndDose(user, breathed.frames, breathed.target)
        return {step: LOOKS[step](user) for step in steps}


def atField(user):
    ui = user.panel("FieldPanel").ui
    return ui.fieldSummaryLabel.text, user.pixels("Red")


def atStructures(user):
    return user.panel("ContourDeformerPanel").ui.carriedReportBrowser.toPlainText()


def atDose(user):
    return user.panel("DoseDeformerPanel").ui.doseReportBrowser.toPlainText()


def sent(user):
    """The object that the database got, read by our reader and by pydicom."""
    path = written(user.panel("ExportPanel"))
    dataset = dcmread(path)
    read = doseFromFile if dataset.Modality == "RTDOSE" else structureSetFromFile
    return dataset, read(path)


def atFourUp(user):
    structures = user.panel("DisplayPanel").state.shownStructures
    return outlinePoints(user, BASE, structures, "Lung_L"), pixelsAndPoints(user, DOSE)


LOOKS = {
    "magnitude": atField,
    "arrows": atField,
    "grid": atField,
    "jacobian": atField,
    "structures": atStructures,
    "structures-sent": sent,
    "dose": atDose,
    "dose-sent": sent,
    "four-up": atFourUp,
}


def test_the_field_is_drawn_in_several_ways_and_told(seen):
    text = seen["magnitude"][0]
    assert "folds nowhere" in text
    assert "the rigid part is" in text
    pictures = [seen[step][1] for step in ("magnitude", "arrows", "grid", "jacobian")]
    for one, other in itertools.combinations(range(4), 2):
        assert (pictures[one] != pictures[other]).any(axis=-1).mean() > 0.02


def test_the_structures_that_were_sent_lie_on_the_anatomy_of_the_source(seen, breathed):
    dataset, structureSet = seen["structures-sent"]
    source = breathed.source
    assert structureSet.frame == source.frame
    assert dataset.StudyInstanceUID == source.reference.studyInstanceUID
    drawn = {one.name: one.points for one in structureSet.structures}
    for name in ("Lung_R", "Heart", "GTV"):
        off = np.abs(breathed.distance(name, drawn[name], source.frame))
        assert off.mean() < 1.0, name
    assert "Lung_R" in seen["structures"]


def test_the_dose_that_was_sent_is_that_of_the_tissue(seen, breathed):
    dataset, dose = seen["dose-sent"]
    assert dataset.SpatialTransformOfDose == "NON_RIGID"
    assert dose.frame == breathed.registered.frame
    assertDoseOf(breathed, dose)
    assert "Integral" in seen["dose"]


def test_dose_and_outlines_are_drawn_where_they_belong(seen, breathed):
    outline, (pixels, points) = seen["four-up"]
    off = np.abs(breathed.distance("Lung_L", outline, breathed.registered.frame))
    assert len(off) > 100
    assert np.median(off) < 3.5  # voxels are 7 mm wide
    inside = breathed.distance("Body", points, breathed.registered.frame) < -10
    dose = breathed.doseAt(points)
    red, _, blue = pixels.T
    low, high = inside & (dose > 4) & (dose < 12), inside & (dose > 54)  # of 61 Gy
    assert min(low.sum(), high.sum()) > 20
    assert np.median((blue - red)[low]) > 30  # as planning systems do: low doses are blue
    assert np.median((red - blue)[high]) > 30  # and high ones are red
