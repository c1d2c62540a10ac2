"""A dose of the scene becomes an RT Dose again, with the plan and study that it belongs to."""

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others

from dataclasses import replace

from vtkmodules.util.numpy_support import vtk_to_numpy

from IHERORegistrationLib.databaseSeries import DatabaseSeries
from IHERORegistrationLib.dose import doseFromFile
from IHERORegistrationLib.doseExport import doseExport
from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.exportedNode import NamedSeries
from IHERORegistrationLib.exportProposal import exportProposal
from IHERORegistrationLib.registrationRecord import Watch


def task(loaded, database, name="CT"):
    known, node = DatabaseSeries(database), loaded.images[name]
    images = NamedSeries(known.series(node), node.GetName())
    return doseExport(loaded.dose, known.dose(loaded.dose), images)


def test_the_values_of_the_scene_are_written_with_the_plan_that_they_belong_to(
    phantom, loaded, database, tmp_path
):
    found = task(loaded, database)
    values = vtk_to_numpy(loaded.dose.GetImageData().GetPointData().GetScalars())
    values *= 1.5  # the user edited it
    assert exportProposal(found, found.proposed).isPossible
    (path,) = found.save(found.made(found.proposed, Watch()), tmp_path)
    before, after = doseFromFile(phantom.dose), doseFromFile(path)
    np.testing.assert_allclose(after.volume.values, 1.5 * before.volume.values, atol=1e-5)
    np.testing.assert_allclose(after.volume.lattice.ijkToLPS, before.volume.lattice.ijkToLPS)
    assert after.plans == before.plans
    assert (after.frame, after.patient) == (before.frame, before.patient)
    assert after.sopInstanceUID != before.sopInstanceUID


def test_no_profile_finds_anything_but_what_the_image_lacks(loaded, database):
    found = task(loaded, database)
    for profile in found.form.profiles:
        proposal = exportProposal(found, replace(found.proposed, profile=profile))
        assert proposal.isPossible
        assert [str(one) for one in proposal.findings] == []


def test_a_dose_is_not_stored_with_images_of_another_frame(loaded, database):
    with pytest.raises(FrameOfReferenceError, match="carry the dose there"):
        task(loaded, database, "MR")


def test_under_a_transform_it_is_written_where_it_was_read(loaded, database):
    found = task(loaded, database)
    before = found.made(found.proposed, Watch()).datasets[0]
    loaded.dose.SetAndObserveTransformNodeID(loaded.registrations["MR"].GetID())
    assert "shown through" in found.remarks[0]
    after = found.made(found.proposed, Watch()).datasets[0]
    assert after.ImagePositionPatient == before.ImagePositionPatient
    assert after.PixelData == before.PixelData
