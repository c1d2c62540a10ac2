from dataclasses import replace

import numpy as np
import pytest

from builders import CT_FRAME, ctSeries, structureSet
from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.references import InstanceReference
from IHERORegistrationLib.structures import Contour, GeometricType, Structure
from IHERORegistrationLib.structureSetReader import structureSetFromDataset

OTHER_FRAME = "1.2.3"
POINT = Contour(np.array([(1.0, 2, 3)]), GeometricType.POINT)


def setWith(*structures):
    return replace(structureSetFromDataset(structureSet()), structures=structures)


def test_only_closed_contours_of_three_points_enclose_something():
    triangle = np.array([(0, 0, 1), (2, 0, 1), (0, 3, 1.0)])
    for kind in GeometricType:
        closed = kind in (GeometricType.CLOSED_PLANAR, GeometricType.CLOSED_PLANAR_XOR)
        assert Contour(triangle, kind).encloses == closed
        assert not Contour(triangle[:2], kind).encloses


def test_points_of_a_structure_are_those_of_all_its_contours():
    drawn = Structure(1, "Two", CT_FRAME, (POINT, Contour(POINT.points + 5, GeometricType.POINT)))
    np.testing.assert_array_equal(drawn.points, [(1, 2, 3), (6, 7, 8)])
    assert drawn.isPoints
    assert not Structure(1, "None", CT_FRAME).isPoints
    assert Structure(1, "None", CT_FRAME).points.shape == (0, 3)


def test_the_frame_is_that_of_the_structures_with_contours():
    drawn = Structure(1, "A", CT_FRAME, (POINT,))
    assert setWith(drawn, Structure(2, "Empty", OTHER_FRAME)).frame == CT_FRAME
    assert setWith(Structure(1, "Empty", "")).frame == CT_FRAME
    with pytest.raises(FrameOfReferenceError, match="found 2"):
        assert setWith(drawn, Structure(2, "B", OTHER_FRAME, (POINT,))).frame


def test_images_that_are_missing_are_named_once():
    images = ctSeries()
    read = structureSetFromDataset(structureSet(images))
    uids = [one.SOPInstanceUID for one in images]
    assert [one.sopInstanceUID for one in read.missingImages(set())] == uids
    assert [one.sopInstanceUID for one in read.missingImages(set(uids[:3]))] == uids[3:]
    stray = replace(POINT, image=InstanceReference("1.2", "1.9"))
    more = replace(read, structures=(Structure(7, "Stray", CT_FRAME, (stray,)),))
    assert more.missingImages(set(uids)) == (stray.image,)


def test_a_set_refers_to_itself_with_study_and_series():
    dataset = structureSet()
    reference = structureSetFromDataset(dataset).reference
    assert reference.studyInstanceUID == dataset.StudyInstanceUID
    assert reference.seriesInstanceUID == dataset.SeriesInstanceUID
    assert [one.sopInstanceUID for one in reference] == [dataset.SOPInstanceUID]
