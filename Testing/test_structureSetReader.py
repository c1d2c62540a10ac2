import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import CTImageStorage

import builders
from builders import ABSENT, contour, ctSeries, ds, item, structureSet
from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.saving import saveDataset
from IHERORegistrationLib.structures import GeometricType
from IHERORegistrationLib.structureSetReader import (
    structureSetFromDataset,
    structureSetFromFile,
)
from readBack import noteNames
from testData import dataSet

SQUARE = (-69, 31, 113, -61, 31, 113, -61, 37, 113, -69, 37, 113)
OTHER_FRAME = f"{builders.ROOT}.2.9"


def drawn(**contours):
    """A structure set on four CT slices with these contours on the second: name → contours."""
    images = ctSeries()
    made = {
        name: [contour(images[1], points, kind) for points, kind in ones]
        for name, ones in contours.items()
    }
    return structureSet(images, made)


def test_structures_come_with_frame_color_type_images_and_points():
    images = ctSeries()
    found = structureSetFromDataset(structureSet(images))
    target, iso = found.structures
    assert (found.label, found.frames) == ("PLAN", (builders.CT_FRAME,))
    assert (target.number, target.name, target.frame) == (1, "Target", builders.CT_FRAME)
    assert (target.color, target.interpretedType) == ((255, 40, 0), "PTV")
    assert target.generationAlgorithm == "MANUAL"
    np.testing.assert_allclose(
        target.contours[1].points, [(-68, 32, 113), (-62, 32, 113), (-66, 36, 113)]
    )
    assert target.contours[1].image.sopInstanceUID == images[1].SOPInstanceUID
    assert target.contours[1].image.sopClassUID == CTImageStorage
    assert iso.isPoints
    assert not target.isPoints
    assert iso.interpretedType == "ISOCENTER"
    assert [one.sopInstanceUID for one in found.series[0]] == [i.SOPInstanceUID for i in images]
    assert found.series[0].studyInstanceUID == images[0].StudyInstanceUID
    assert found.notes == ()
    assert "ROIContourSequence" not in found.header
    assert found.header.StructureSetROISequence[0].ROIName == "Target"


@pytest.mark.parametrize("kind", list(GeometricType))
def test_every_geometric_type_is_read(kind):
    points = SQUARE[:3] if kind is GeometricType.POINT else SQUARE
    found = structureSetFromDataset(drawn(One=[(points, kind.value)]))
    assert found.structures[0].contours[0].geometricType is kind
    assert found.notes == ()


def test_reading_touches_neither_the_data_set_nor_its_values(tmp_path):
    path = saveDataset(structureSet(), tmp_path / "set.dcm")
    dataset = dcmread(path)
    before = sorted(dataset.keys())
    structureSetFromDataset(dataset)
    assert sorted(dataset.keys()) == before
    assert dataset == dcmread(path)


def test_structures_of_several_frames_keep_theirs():
    images, other = ctSeries(), ctSeries(FrameOfReferenceUID=OTHER_FRAME)
    dataset = structureSet(images)
    second = structureSet(other)
    dataset.ReferencedFrameOfReferenceSequence += second.ReferencedFrameOfReferenceSequence
    dataset.StructureSetROISequence[1].ReferencedFrameOfReferenceUID = OTHER_FRAME
    found = structureSetFromDataset(dataset)
    assert [one.frame for one in found.structures] == [builders.CT_FRAME, OTHER_FRAME]
    assert found.frames == (builders.CT_FRAME, OTHER_FRAME)
    assert [one.name for one in found.inFrame(OTHER_FRAME).structures] == ["Iso"]


def test_a_structure_without_frame_lies_in_the_only_one_listed():
    dataset = structureSet()
    del dataset.StructureSetROISequence[0].ReferencedFrameOfReferenceUID
    found = structureSetFromDataset(dataset)
    assert found.structures[0].frame == builders.CT_FRAME
    assert noteNames(found) == ["no frame of structure"]
    with pytest.raises(MalformedObjectError, match="strict"):
        structureSetFromDataset(dataset, strict=True)


def test_a_structure_without_frame_among_several_is_refused():
    dataset = structureSet()
    other = structureSet(ctSeries(FrameOfReferenceUID=OTHER_FRAME))
    dataset.ReferencedFrameOfReferenceSequence += other.ReferencedFrameOfReferenceSequence
    del dataset.StructureSetROISequence[0].ReferencedFrameOfReferenceUID
    with pytest.raises(MalformedObjectError, match=r"StructureSetROISequence\[1\]"):
        structureSetFromDataset(dataset)


def test_a_frame_without_images_is_used_and_remarked():
    dataset = structureSet()
    dataset.StructureSetROISequence[0].ReferencedFrameOfReferenceUID = OTHER_FRAME
    found = structureSetFromDataset(dataset)
    assert found.structures[0].frame == OTHER_FRAME
    assert noteNames(found) == ["frame not listed"]


def test_observations_and_contours_are_found_by_number_not_by_place():
    dataset = structureSet()
    dataset.RTROIObservationsSequence = list(dataset.RTROIObservationsSequence)[::-1]
    dataset.ROIContourSequence = list(dataset.ROIContourSequence)[::-1]
    found = structureSetFromDataset(dataset)
    assert [one.interpretedType for one in found.structures] == ["PTV", "ISOCENTER"]
    assert [len(one.contours) for one in found.structures] == [2, 1]


def test_the_first_observation_with_a_type_tells_it():
    dataset = structureSet()
    empty = item(ObservationNumber=9, ReferencedROINumber=1, RTROIInterpretedType="")
    dataset.RTROIObservationsSequence = [empty, *dataset.RTROIObservationsSequence]
    found = structureSetFromDataset(dataset)
    assert found.structures[0].interpretedType == "PTV"
    assert len(found.structures[0].observations) == 2


def test_contours_of_one_structure_in_two_items_are_read_together():
    dataset = structureSet()
    first = dataset.ROIContourSequence[0]
    extra = item(ReferencedROINumber=1, ContourSequence=[first.ContourSequence[1]])
    first.ContourSequence = [first.ContourSequence[0]]
    dataset.ROIContourSequence = [*dataset.ROIContourSequence, extra]
    found = structureSetFromDataset(dataset)
    assert len(found.structures[0].contours) == 2
    assert noteNames(found) == ["contours in several items"]


def test_a_structure_without_contours_has_none():
    dataset = structureSet()
    del dataset.ROIContourSequence[0]
    found = structureSetFromDataset(dataset)
    assert found.structures[0].contours == ()
    assert found.structures[0].points.shape == (0, 3)


def contourOf(dataset, place=0):
    return dataset.ROIContourSequence[0].ContourSequence[place]


BREAKAGES = {
    "another class": lambda d: setattr(d, "SOPClassUID", CTImageStorage),
    "no structures": lambda d: delattr(d, "StructureSetROISequence"),
    "number twice": lambda d: setattr(d.StructureSetROISequence[1], "ROINumber", 1),
    "no number": lambda d: delattr(d.StructureSetROISequence[0], "ROINumber"),
    "number is a fraction": lambda d: d.StructureSetROISequence[0].add_new(0x30060022, "DS", "1.5"),
    "structure unlisted": lambda d: setattr(d.ROIContourSequence[0], "ReferencedROINumber", 8),
    "points miscounted": lambda d: setattr(contourOf(d), "NumberOfContourPoints", 4),
    "unknown type": lambda d: setattr(contourOf(d, 1), "ContourGeometricType", "CLOSED_CURVE"),
    "no type": lambda d: delattr(contourOf(d, 1), "ContourGeometricType"),
    "in another house": lambda d: setattr(
        contourOf(d), "ContourData", ds((1, 2, 110, 9, 8, 110, 6000, 4, 110))
    ),
    "several points in POINT": lambda d: setattr(contourOf(d), "ContourGeometricType", "POINT"),
}


@pytest.mark.parametrize("name", BREAKAGES)
def test_what_could_be_shown_wrong_is_refused(name):
    dataset = structureSet()
    BREAKAGES[name](dataset)
    with pytest.raises(MalformedObjectError):
        structureSetFromDataset(dataset)


def test_an_empty_contour_is_left_out_with_a_note():
    dataset = structureSet()
    contourOf(dataset).ContourData = None
    contourOf(dataset).NumberOfContourPoints = 0
    found = structureSetFromDataset(dataset)
    assert len(found.structures[0].contours) == 1
    (note,) = found.notes
    assert (note.name, note.location) == (
        "empty contour",
        "ROIContourSequence[1]/ContourSequence[1]",
    )
    assert note.repaired


def test_contours_without_count_image_or_plane_are_kept_with_notes():
    dataset = drawn(One=[(SQUARE, "CLOSED_PLANAR"), (SQUARE[:6], "CLOSED_PLANAR")])
    del contourOf(dataset).NumberOfContourPoints
    del contourOf(dataset).ContourImageSequence
    contourOf(dataset).ContourData = builders.ds((*SQUARE[:11], 113.5))
    found = structureSetFromDataset(dataset)
    assert sorted(noteNames(found)) == [
        "closed contour not in a plane",
        "closed contour of 1 or 2 points",
        "contour without image",
        "points not counted",
    ]
    assert [note.name for note in found.notes if note.repaired] == ["points not counted"]
    assert [len(one.points) for one in found.structures[0].contours] == [4, 2]


@pytest.mark.parametrize("color", [["1", "2"], ["300", "0", "0"], ["red", "0", "0"]])
def test_a_color_that_is_none_is_read_as_none(color):
    dataset = structureSet()
    dataset.ROIContourSequence[0].add_new(0x3006002A, "LO", color)
    found = structureSetFromDataset(dataset)
    assert found.structures[0].color is None
    assert noteNames(found) == ["unusable color"]


def test_names_of_any_character_set_are_read():
    dataset = structureSet(SpecificCharacterSet="ISO_IR 192")
    dataset.StructureSetROISequence[0].ROIName = "Rückenmark 脊髄"
    assert structureSetFromDataset(dataset).structures[0].name == "Rückenmark 脊髄"


def test_missing_type_2_attributes_are_empty_text():
    found = structureSetFromDataset(
        structureSet(StructureSetLabel=ABSENT, PatientID=ABSENT, RTROIObservationsSequence=ABSENT)
    )
    assert (found.label, found.patient.patientID, found.structures[0].interpretedType) == (
        "",
        "",
        "",
    )


RAYSTATION = "RS1.2.752.243.1.1.20220722130644567.1980.53284.dcm"
REAL = {
    # contours and points of the files, counted with another program; images listed
    "dicompyler-breast-rt/rtss.dcm": (10, 441, 88158, 98),
    f"raystation92-rando-head/{RAYSTATION}": (2, 315, 34741, 165),
    "oncentra-phantom-rt/single_struct/rtstruct.dcm": (4, 12, 42, 5),
    "acrin-brain-mr-pair/rtstruct/AIM_20200511_073405.dcm": (1, 5, 599, 5),
}


@pytest.mark.parametrize("name", REAL)
def test_real_structure_sets_are_read_whole(name):
    folder, _, file = name.partition("/")
    found = structureSetFromFile(dataSet(folder) / file, strict=True)
    contours = [one for structure in found.structures for one in structure.contours]
    points = sum(len(one.points) for one in contours)
    images = sum(len(one.instances) for one in found.series)
    assert (len(found.structures), len(contours), points, images) == REAL[name]


def test_points_are_those_that_pydicom_reads():
    name = "RS.1.2.246.352.205.5405023468518741104.6824766582007107989.dcm"
    path = dataSet("aria136-phantom-registered-explicit") / name
    found = structureSetFromFile(path)
    theirs = {
        int(roi.ReferencedROINumber): [
            np.array(one.ContourData, float).reshape(-1, 3) for one in roi.ContourSequence
        ]
        for roi in dcmread(path).ROIContourSequence
    }
    assert len(found.structures) == 11
    for structure in found.structures:
        for ours, one in zip(structure.contours, theirs[structure.number], strict=True):
            np.testing.assert_array_equal(ours.points, one)


def test_a_structure_set_without_its_images_is_read_and_names_what_is_missing():
    folder = dataSet("eclipse81-prostate-rt-only") / "intact"
    found = structureSetFromFile(next(folder.glob("RS*")))
    assert sum(bool(one.contours) for one in found.structures) == 6
    missing = found.missingImages(set())
    assert len(missing) == 92  # the 93rd reference is that to the study
    assert len(found.missingImages({missing[3].sopInstanceUID})) == 91


def test_a_structure_set_whose_bytes_were_changed_is_refused():
    folder = dataSet("eclipse81-prostate-rt-only") / "crlf-corrupted"
    with pytest.raises(MalformedObjectError, match="truncated"):
        structureSetFromFile(next(folder.glob("RS*")))
