from dataclasses import replace
from datetime import datetime
from functools import cache

import numpy as np
import pytest

from bentSpace import BentSpace, boxMoments, ellipsoidMoments
from builders import (
    CT_FRAME,
    MR_FRAME,
    contour,
    ctSeries,
    imageSeries,
    mrSeries,
    petSeries,
    spatialRegistration,
    structureSet,
)
from deformationCases import gridOf
from drawnStructures import ellipsoidContours
from IHERODeformationLib.contourDeformer import structureSetDeformed
from IHERODeformationLib.deformation import OutsideGrid
from IHERODeformationLib.reader import deformableRegistrationFromDataset
from IHERORegistrationLib.errors import FrameOfReferenceError, PatientMismatchError
from IHERORegistrationLib.lattice import Lattice
from IHERORegistrationLib.macros import referenceFromItem
from IHERORegistrationLib.reader import registrationFromDataset
from IHERORegistrationLib.structureMask import maskFromStructure
from IHERORegistrationLib.structureSetReader import structureSetFromDataset
from readBack import noteNames
from writtenSeries import seriesOf

CREATED = datetime(2026, 2, 3, 4, 5, 6)
CT_SLICES, MR_SLICES = 64, 26
CENTER = np.array((-61.3, 34.9, 141.2))
RADII = np.array((24, 17, 21.0))
HALF = np.array((0.625, 0.75, 2))  # target voxel


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    return seriesOf(mrSeries(MR_SLICES), tmp_path_factory.mktemp("mr"))


@pytest.fixture(scope="module")
def space(target):
    return BentSpace(CENTER, target.lattice.points(np.array((2.2, 1.7, 12.3))))


def at(x, y, z):
    """A point beside the center."""
    return CENTER + np.array((x, y, z))


@cache
def images():
    """CT slices 1 mm apart."""
    return tuple(
        imageSeries(
            ctSeries(1)[0].SOPClassUID, "CT", 10, CT_SLICES, CT_FRAME,
            ((1, 0, 0), (0, 1, 0)), (0.8, 0.9, 1), (-70, 30, 110),
        )
    )  # fmt: skip


def latticeAround(size=(33, 27, 30), spacing=(2.5, 2.5, 2.5), center=CENTER):
    spacing = np.array(spacing)
    origin = np.round(center - spacing * (np.array(size) - 1) / 2, 3)
    return Lattice.fromAxes(size, origin, np.eye(3), spacing)


def registrationOf(space, lattice=None, undefined=None, **changes):
    dataset = space.dataset(lattice or latticeAround(), images(), mrSeries(MR_SLICES), **changes)
    if undefined is not None:
        grid = gridOf(dataset)
        vectors = np.frombuffer(grid.VectorGridData, "<f4").copy()
        vectors.reshape(*latticeAround().shape, 3)[undefined] = np.nan
        grid.VectorGridData = vectors.tobytes()
    return deformableRegistrationFromDataset(dataset)


def drawnSet(*parts, points=(), lines=()):
    """Ellipsoids of center and radii as one structure, and points."""
    slices = images()
    heights = [float(one.ImagePositionPatient[2]) for one in slices]
    image = dict(zip(heights, slices, strict=True))
    drawn = {
        "Organ": [
            contour(image[one.points[0, 2]], one.points.ravel())
            for center, radii in parts
            for one in ellipsoidContours(center, radii, heights)
        ]
    }
    if len(points):
        drawn["Marks"] = [contour(slices[9], one, "POINT") for one in points]
    if len(lines):
        drawn["Line"] = [contour(slices[9], np.ravel(lines), "OPEN_PLANAR")]
    return structureSet(slices, {name: ones for name, ones in drawn.items() if ones})


def deformed(target, dataset, *registrations, **options):
    return structureSetDeformed(
        structureSetFromDataset(dataset),
        target,
        registrations,
        **{"label": "ON MR", "created": CREATED, **options},
    )


def insideOf(structure, target, points):
    """Whether the structure's contours enclose `points`, each on the nearest slice."""
    lattice = target.lattice
    fine = Lattice.fromAxes(
        (300, 300, lattice.size[2]),
        lattice.points(np.array((-60, -60, 0))),
        lattice.directions,
        (0.5, 0.5, lattice.spacing[2]),
    )
    i, j, k = np.rint(fine.indices(points)).astype(int).T
    return maskFromStructure(structure, fine)[k, j, i].tolist()


def test_an_ellipsoid_arrives_bent_as_the_closed_form_says(target, space):
    result = deformed(target, drawnSet((CENTER, RADII)), registrationOf(space))
    (organ,) = result.structures
    away = space.distances(organ.structure.points, RADII)
    assert np.quantile(away, 0.95) < HALF.min() / 2
    assert organ.before * 1000 == pytest.approx(ellipsoidMoments(RADII)[0], rel=2e-3)
    moved = space.volumeOf(ellipsoidMoments(RADII))
    assert abs(moved / ellipsoidMoments(RADII)[0] - 1) > 0.1
    assert organ.expected * 1000 == pytest.approx(moved, rel=3e-3)
    assert organ.after * 1000 == pytest.approx(moved, rel=0.01)
    assert noteNames(result) == []
    assert (organ.undefined, organ.outside, dict(result.residuals)) == (0, 0, {})


def test_contours_lie_on_the_slices_they_name(target, space):
    result = deformed(target, drawnSet((CENTER, RADII)), registrationOf(space))
    planes = {one.instance: one.plane for one in target.slices}
    for one in result.structures[0].structure.contours:
        assert np.abs(planes[one.image].distance(one.points)).max() < 1e-9


def test_holes_stay_holes_and_islands_islands(target, space):
    hole, island = at(3, 2, 1), at(27, -16, -14)
    parts = [(CENTER, RADII), (hole, (9, 6, 8)), (hole, (4, 3, 4)), (island, (6, 5, 7))]
    result = deformed(target, drawnSet(*parts), registrationOf(space))
    (organ,) = result.structures
    assert organ.after == pytest.approx(organ.expected, rel=0.01)
    probes = [hole, at(9.5, 2, 1), at(3, 2, 7), at(-17, 0, 0), island]
    inside = insideOf(organ.structure, target, space(np.array(probes)))
    assert inside == [True, False, False, True, True]


def test_points_are_moved_exactly_and_name_the_nearest_slice(target, space):
    marks = np.array([at(5, -7, 11), at(-13, -2, -8)])
    (one,) = deformed(target, drawnSet(points=marks), registrationOf(space)).structures
    found = np.array([contour.points[0] for contour in one.structure.contours])
    np.testing.assert_allclose(found, space(marks), atol=2e-5)  # vectors of 32 bits
    for contour_ in one.structure.contours:
        k = target.lattice.indices(contour_.points)[0, 2]
        assert contour_.image == target.imageOfSlice(round(k)).instance
    assert (one.before, one.undefined, one.outside) == (None, 0, 0)


def test_a_hole_in_what_is_defined_becomes_a_hole_that_is_told(target, space):
    # nodes 14 to 18, 12 to 14, 12 to 17: undefined between the nodes around them
    undefined = np.s_[12:18, 12:15, 14:19]
    lattice = latticeAround()
    low, high = lattice.points(np.array([(13, 11, 11), (19, 15, 18)]))
    box = high - low
    np.testing.assert_allclose((low + high) / 2, CENTER, atol=1e-3)
    result = deformed(target, drawnSet((CENTER, RADII)), registrationOf(space, undefined=undefined))
    (organ,) = result.structures
    whole = ellipsoidMoments(RADII)
    assert organ.undefined == pytest.approx(np.prod(box) / whole[0], rel=0.02)
    left = space.volumeOf(whole) - space.volumeOf(boxMoments(box))
    assert organ.expected * 1000 == pytest.approx(left, rel=0.01)
    assert organ.after * 1000 == pytest.approx(left, rel=0.02)
    probes = [CENTER, low + 2, high - 2, at(10.5, 0, 0), at(0, 0, -13)]
    inside = insideOf(organ.structure, target, space(np.array(probes)))
    assert inside == [False, False, False, True, True]
    points = organ.structure.points
    inner = space.back(points)
    within = np.linalg.norm((inner - CENTER) / RADII, axis=1) < 0.95
    assert within.sum() > 50
    off = np.abs(np.abs(inner[within] - CENTER) - box / 2).min(axis=1)
    assert np.quantile(off, 0.95) < HALF.min()
    assert noteNames(result) == ["undefined space"]
    assert "registration says nothing" in result.notes[0].found
    assert "cut off" in organ.structure.description
    assert "cut off" in result.dataset.StructureSetROISequence[0].ROIDescription


def test_a_grid_smaller_than_the_structure_cuts_it_at_its_border(target, space):
    lattice = latticeAround((17, 27, 30), center=at(-12, 0, 0))
    border = (lattice.points(np.array((16.5, 0, 0))) - CENTER)[0]
    assert 5 < border < 15
    result = deformed(target, drawnSet((CENTER, RADII)), registrationOf(space, lattice))
    (organ,) = result.structures
    h = 1 - border / RADII[0]
    assert organ.undefined == pytest.approx(h * h * (3 - h) / 4, rel=0.02)
    inner = space.back(organ.structure.points)[:, 0] - CENTER[0]
    assert inner.max() < border + HALF.min()
    assert np.count_nonzero(inner > border - HALF.min()) > 50  # closed along the border
    assert organ.after == pytest.approx(organ.expected, rel=0.02)
    assert "outside the grid" in result.notes[0].found


def test_nothing_is_left_of_a_structure_beyond_the_grid(target, space):
    lattice = latticeAround((5, 27, 30), center=at(60, 0, 0))
    marks = [at(60, 3, 4), CENTER]
    result = deformed(
        target, drawnSet((CENTER, RADII), points=marks), registrationOf(space, lattice)
    )
    organ, points = result.structures
    assert (organ.undefined, organ.after, organ.structure.contours) == (1, 0, ())
    assert (points.undefined, len(points.structure.contours)) == (0.5, 1)
    assert noteNames(result) == ["undefined space", "structure vanished", "undefined points"]
    rigid = deformed(
        target,
        drawnSet((CENTER, RADII)),
        registrationOf(space, lattice),
        outsideGrid=OutsideGrid.RIGID,
    )
    (organ,) = rigid.structures
    assert organ.after == pytest.approx(organ.before, rel=0.02)
    assert "beyond grids continued rigidly" in rigid.dataset.StructureSetDescription


def test_a_line_is_broken_where_nothing_is_defined(target, space):
    line = CENTER + np.array([(x, 0, 0) for x in range(-20, 21, 2)])
    undefined = np.s_[:, :, 15:18]
    result = deformed(target, drawnSet(lines=line), registrationOf(space, undefined=undefined))
    (one,) = result.structures
    assert [len(part.points) for part in one.structure.contours] == [8, 8]
    assert one.undefined == pytest.approx(5 / 21)
    assert noteNames(result) == ["open contours", "undefined points"]


def test_a_chain_of_matrix_and_deformation_is_followed(target, space):
    shift = np.eye(4)
    shift[:3, 3] = 12, -7, 31
    toCT = registrationFromDataset(
        spatialRegistration(images(), petSeries(), np.ravel(shift), SOPInstanceUID="1.2.3.1")
    )
    marks = np.array([at(5, -7, 11), at(-13, -2, -8)])
    source = structureSetFromDataset(drawnSet((CENTER, RADII), points=marks))
    frame = toCT.movingItems[0].sourceFrame
    moved = tuple(
        replace(
            one,
            frame=frame,
            contours=tuple(replace(c, points=c.points - shift[:3, 3]) for c in one.contours),
        )
        for one in source.structures
    )
    result = structureSetDeformed(
        replace(source, frames=(frame,), structures=moved),
        target,
        [registrationOf(space), toCT],
        label="CHAIN", created=CREATED,
    )  # fmt: skip
    organ, points = result.structures
    found = np.array([contour.points[0] for contour in points.structure.contours])
    np.testing.assert_allclose(found, space(marks), atol=2e-5)
    assert np.quantile(space.distances(organ.structure.points, RADII), 0.95) < HALF.min() / 2
    rigid, bending = result.dataset.SourceInstanceSequence
    assert "PurposeOfReferenceCodeSequence" not in rigid
    assert bending.PurposeOfReferenceCodeSequence[0].CodeValue == "125028"


def test_the_object_names_its_sources_and_breaks_no_row(target, space, dciodvfy):
    registration = registrationOf(space)
    result = deformed(target, drawnSet((CENTER, (9, 8, 7)), points=[CENTER]), registration)
    dataset = result.dataset
    assert dataset.StudyInstanceUID == target.studyInstanceUID
    assert dataset.FrameOfReferenceUID == target.frame
    assert (dataset.StructureSetLabel, dataset.ApprovalStatus) == ("ON MR", "UNAPPROVED")
    (predecessor,) = dataset.PredecessorStructureSetSequence
    assert predecessor.ReferencedSOPInstanceUID == drawnSet((CENTER, RADII)).SOPInstanceUID
    (source,) = dataset.SourceInstanceSequence
    assert referenceFromItem(source) == registration.reference.instances[0]
    assert source.PurposeOfReferenceCodeSequence[0].CodeValue == "125028"
    for roi in dataset.StructureSetROISequence:
        assert roi.ROIGenerationAlgorithm == "AUTOMATIC"
        assert roi.DerivationCodeSequence[0].CodeValue == "113085"
    listed = {
        series.SeriesInstanceUID
        for branch in (
            dataset,
            *dataset.get("StudiesContainingOtherReferencedInstancesSequence", ()),
        )
        for series in branch.get("ReferencedSeriesSequence", ())
    }
    assert {images()[0].SeriesInstanceUID, target.headers[0].SeriesInstanceUID} < listed
    assert result.findings == ()
    assert dciodvfy(dataset) == []


def test_the_way_back_is_gone_only_when_asked_for_and_its_residual_is_told(space, tmp_path):
    made = images()[::3]
    onCT = seriesOf(made, tmp_path)
    radii = (11, 9, 12)
    bent = ellipsoidContours(space.there, radii, np.arange(-12.0, 12, 1) + space.there[2])
    source = structureSetFromDataset(drawnSet((CENTER, radii), points=[CENTER]))
    organ, mark = source.structures
    back = replace(
        source,
        frames=(MR_FRAME,),
        structures=(
            replace(organ, frame=MR_FRAME, contours=tuple(bent)),
            replace(
                mark,
                frame=MR_FRAME,
                contours=(replace(mark.contours[0], points=space(CENTER + 5)[None]),),
            ),
        ),
    )
    options = {"label": "ON CT", "created": CREATED}
    with pytest.raises(FrameOfReferenceError, match="made the other way"):
        structureSetDeformed(back, onCT, [registrationOf(space)], **options)
    result = structureSetDeformed(
        back, onCT, [registrationOf(space)], numericalInverse=True, **options
    )
    carried, point = (one.structure for one in result.structures)
    away = np.linalg.norm((space(carried.points) - space.there) / radii, axis=1)
    steep = np.abs(space(carried.points)[:, 2] - space.there[2]) < 8
    assert np.quantile(np.abs(away[steep] - 1), 0.95) * 11 < 0.3
    np.testing.assert_allclose(point.points[0], CENTER + 5, atol=2e-3)
    assert set(result.residuals) == {1, 2}
    assert 0 < result.residuals[1].ofMost <= result.residuals[1].largest <= 1e-3
    (note,) = (one for one in result.notes if one.name == "numerical inverse")
    assert "second deformable registration" in note.done
    assert "numerical inverse, residual up to" in result.dataset.StructureSetDescription


def test_folded_space_is_told(target):
    folding = BentSpace(CENTER, target.lattice.points(np.array((2.2, 1.7, 12.3))), (0, -1.4, 0))
    result = deformed(target, drawnSet((CENTER, (9, 8, 7))), registrationOf(folding))
    assert "folded space" in noteNames(result)


def test_another_patient_stops_unless_confirmed(target, space):
    source = drawnSet((CENTER, (9, 8, 7)))
    source.PatientID = "SOMEBODY ELSE"
    with pytest.raises(PatientMismatchError):
        deformed(target, source, registrationOf(space))
    result = deformed(target, source, registrationOf(space), otherPatientConfirmed=True)
    assert "other patient confirmed" in result.dataset.StructureSetDescription
