"""Images, dose and structures where deformations put them, and the marks that say so."""

from dataclasses import replace

import numpy as np
import pytest

from IHERODeformationLib.deformation import DeformableTransform, OutsideGrid
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERODeformationLib.numericalInverse import NumericalInverse
from IHERODeformationLib.pictures.deformedLayer import DeformedLayer
from IHERODeformationLib.pictures.deformedOutlines import deformedOutlines
from IHERODeformationLib.pictures.deformedPicture import deformedPicture, rigidPartOnly
from IHERODeformationLib.pictures.fieldKind import FieldKind, FieldPart
from IHERODeformationLib.pictures.fieldPicture import fieldPicture
from IHERODeformationLib.pictures.raster import pixelCenters
from IHERODeformationLib.pictures.ways import Ways
from IHERODeformationLib.reader import deformableRegistrationFromFile
from IHERORegistrationLib.dataFolder import dataFolder
from IHERORegistrationLib.dose import doseFromFile
from IHERORegistrationLib.errors import FrameOfReferenceError
from IHERORegistrationLib.frames import TransformChain
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.headlessScene import newScene
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.pictures.annotations import RegistrationState
from IHERORegistrationLib.pictures.colorTables import ColorTable
from IHERORegistrationLib.pictures.fusion import Mode
from IHERORegistrationLib.pictures.modalityPresets import Preset
from IHERORegistrationLib.pictures.registeredPicture import Shown
from IHERORegistrationLib.pictures.sliceLayers import Layer
from IHERORegistrationLib.pictures.slicePlanes import Plane, SlicePlane
from IHERORegistrationLib.rendering import fusedImage
from IHERORegistrationLib.structureSetReader import structureSetFromFile

CORNER = np.array([40.0, -90.0, 700.0])
LATTICE = Lattice.fromAxes((21, 17, 11), CORNER, np.eye(3), np.array([2.0, 3.0, 4.0]))
GRAY = Preset(ColorTable.GRAY, 0.0, 100.0)
PLANE = SlicePlane(
    Plane.CORONAL,
    np.array([1.0, 0, 0]),
    np.array([0.0, 0, 1]),
    np.add(CORNER, (20, 24, 20)),
    36,
    30,
    0.0,
    0.0,
)


def ramp():
    """2 per mm along x from the corner, 1 along z."""
    k, _, i = np.indices(LATTICE.shape)
    values = (4.0 * i + 4.0 * k).astype(np.float32)
    return Volume(values, LATTICE, "1.2.2")


def shiftBy(vector, *, size=(6, 6, 6), undefined=(), outsideGrid=OutsideGrid.UNDEFINED):
    grid = Lattice.fromAxes(size, CORNER, np.eye(3), np.array([8.0, 10.0, 9.0]))
    vectors = np.broadcast_to(np.array(vector, np.float32), (*grid.shape, 3)).copy()
    for i, j, k in undefined:
        vectors[k, j, i] = np.nan
    inner = DisplacementGrid(grid, vectors)
    return DeformableTransform(np.eye(4), inner, np.eye(4), "1.2.1", "1.2.2", outsideGrid)


def layer(way, preset=GRAY):
    return DeformedLayer(ramp(), way, "CT", preset)


def test_a_deformed_layer_shows_what_lies_where_the_deformation_leads():
    image = layer(shiftBy((3, 0, -2))).onPlane(PLANE, 36, 30)
    away = pixelCenters(PLANE, 36, 30) - CORNER
    expected = 2 * (away[..., 0] + 3) + (away[..., 2] - 2)
    shown = image.shown & (expected < 100) & (away[..., 0] + 3 < 40)  # between voxel centers
    assert shown.sum() > 600
    np.testing.assert_allclose(image.colors[shown][:, 0] * 100, expected[shown], atol=0.25)


def test_a_deformed_layer_is_not_shown_outside_its_voxels_its_grid_and_where_undefined():
    way = shiftBy((3, 0, -2), size=(4, 6, 6), undefined=[(1, 2, 2)])  # grid to x = 28
    shown = layer(way).onPlane(PLANE, 36, 30).shown
    away = pixelCenters(PLANE, 36, 30) - CORNER
    x, y, z = np.moveaxis(away, -1, 0)
    near = (np.abs(x - 8) < 8) & (np.abs(y - 20) < 10) & (np.abs(z - 18) < 9)
    there = (z - 2 > -2) & (x + 3 < 41)
    np.testing.assert_array_equal(shown, (x < 28) & ~near & there)


def test_a_threshold_holds_for_deformed_layers():
    image = layer(shiftBy((0, 0, 0)), replace(GRAY, threshold=60.0)).onPlane(PLANE, 36, 30)
    away = pixelCenters(PLANE, 36, 30) - CORNER
    value = 2 * away[..., 0] + away[..., 2]
    clear = np.abs(value - 60) > 0.1
    np.testing.assert_array_equal(image.shown[clear], (value >= 60)[clear])


def test_beyond_a_grid_the_matrices_hold_where_the_user_says_so():
    way = shiftBy((6, 0, 0), size=(3, 6, 6), outsideGrid=OutsideGrid.RIGID)  # to x = 20
    image = layer(way).onPlane(PLANE, 36, 30)
    away = pixelCenters(PLANE, 36, 30)[15] - CORNER
    expected = 2 * (away[:, 0] + np.where(away[:, 0] < 20, 6, 0)) + away[:, 2]
    inside = expected < 100
    np.testing.assert_allclose(image.colors[15, inside, 0] * 100, expected[inside], atol=0.25)


def test_a_numerical_inverse_shows_the_same_as_the_deformation_the_other_way():
    forward = replace(shiftBy((-3, 0, 2)), fromFrame="1.2.2", toFrame="1.2.1")
    found = layer(NumericalInverse(forward)).onPlane(PLANE, 144, 120)
    other = layer(shiftBy((3, 0, -2))).onPlane(PLANE, 144, 120)
    both = found.shown & other.shown
    assert both.mean() > 0.7
    assert np.quantile(np.abs(found.colors - other.colors)[both], 0.99) < 0.02


def test_matrices_after_a_deformation_lead_on_to_the_image():
    first = replace(shiftBy((3, 0, 0)), toFrame="1.2.3")
    after = np.eye(4)
    after[2, 3] = -2
    way = TransformChain((first, AffineTransform(after, "1.2.3", "1.2.2")), "1.2.1", "1.2.2")
    found, other = (layer(one).onPlane(PLANE, 36, 30) for one in (way, shiftBy((3, 0, -2))))
    np.testing.assert_array_equal(found.shown, other.shown)
    np.testing.assert_allclose(found.colors[found.shown], other.colors[found.shown], atol=0.005)


@pytest.fixture(scope="module")
def patient(deformedPhantom):
    data = dataFolder(deformedPhantom.folder)
    base = data.oneSeries(frame=deformedPhantom.registered.frame)
    source = data.oneSeries(frame=deformedPhantom.source.frame)
    registration = deformableRegistrationFromFile(deformedPhantom.deformation().path)
    return base, source, registration


def few(deformedPhantom, frame, *names):
    everything = structureSetFromFile(deformedPhantom.structureSets[frame])
    kept = tuple(one for one in everything.structures if one.name in names)
    return replace(everything, structures=kept)


def test_the_deformed_source_is_the_tissue_of_the_registered_image(deformedPhantom, patient):
    base, source, registration = patient
    picture = deformedPicture(base, Shown(overlay=source), Ways([registration]), newScene())
    plane = replace(PLANE, center=base.lattice.center, width=180, height=150)
    image = picture.foreground.shownAs(Preset(ColorTable.GRAY, -1000, 1000)).onPlane(plane, 90, 75)
    truth = deformedPhantom.intensity(pixelCenters(plane, 90, 75).reshape(-1, 3)).reshape(75, 90)
    away = np.abs(image.colors[..., 0] * 2000 - 1000 - truth)
    assert image.shown.all()
    assert np.median(away) < 10  # HU: the image has noise and coarse voxels


def test_the_mark_names_the_deformable_registration(patient):
    base, source, registration = patient
    picture = deformedPicture(base, Shown(overlay=source), Ways([registration]), newScene())
    assert str(picture.registration) == "deformable: DRRO"
    assert picture.title == "CT “Source” on CT “Registered”"
    assert [(one.label, one.remarks) for one in picture.additions] == [("", ())]
    rigid = Ways([registration], OutsideGrid.RIGID)
    (one,) = deformedPicture(base, Shown(overlay=source), rigid, newScene()).additions
    assert one.remarks == ("beyond the grid the matrices alone",)
    assert one.summary.outside == 0
    alone = deformedPicture(base, Shown(), Ways([registration]), newScene())
    assert (alone.registration, alone.additions) == (None, ())


def test_an_unregistered_overlay_is_no_deformed_one_and_is_marked(patient):
    base, source, registration = patient
    picture = deformedPicture(
        base, Shown(overlay=source), Ways([registration]), newScene(), registered=False
    )
    assert picture.registration.state is RegistrationState.OFF
    assert isinstance(picture.foreground, Layer)
    assert picture.foreground.node.GetParentTransformNode() is None


def test_the_rigid_part_alone_is_before_the_deformation(deformedPhantom, patient):
    base, source, registration = patient
    dose = doseFromFile(deformedPhantom.dose)
    shown = Shown(overlay=source, dose=dose)
    after = deformedPicture(base, shown, Ways([registration]), newScene())
    before = rigidPartOnly(after, base)
    for one in (before.foreground, before.dose):
        assert isinstance(one.way, AffineTransform)
        matrix = one.way.matrix[:3, :3]
        np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-12)
    points = base.lattice.corners
    there = after.foreground.way(points)
    assert np.nanmax(np.linalg.norm(before.foreground.way(points) - there, axis=-1)) < 25
    assert str(before.registration) == "rigid part only"
    assert before.center is after.center
    with pytest.raises(FrameOfReferenceError, match="expected a deformed image or dose"):
        rigidPartOnly(deformedPicture(base, Shown(), Ways([registration]), newScene()), base)


def test_structures_go_to_the_source_as_they_are_and_back_only_by_search(deformedPhantom, patient):
    base, source, registration = patient
    ways = Ways([registration])
    drawn = few(deformedPhantom, base.frame, "Heart")
    picture = deformedPicture(source, Shown(structures=drawn), ways, newScene())
    (outline,) = picture.outlines
    points = np.array([outline.surface.GetPoint(n) for n in range(0, 2000, 7)]) * [-1, -1, 1]
    away = np.abs(deformedPhantom.distance("Heart", points, source.frame))
    assert np.quantile(away, 0.9) < 5  # mm, of slices 11 mm apart
    other = few(deformedPhantom, source.frame, "Heart")
    with pytest.raises(FrameOfReferenceError, match="against a deformable registration"):
        deformedPicture(base, Shown(structures=other), ways, newScene())
    inverse = Ways([registration], numericalInverse=True)
    picture = deformedPicture(base, Shown(structures=other), inverse, newScene())
    assert str(picture.registration) == "deformable: DRRO by numerical inverse"
    assert [one.name for one in picture.outlines] == ["Heart"]


def test_what_is_cut_off_a_structure_is_told_by_its_name(deformedPhantom, patient):
    base, source, _ = patient
    path = deformedPhantom.deformation("small-grid").path
    ways = Ways([deformableRegistrationFromFile(path)])
    drawn = few(deformedPhantom, base.frame, "Lung_R", "Kidneys", "GTV")
    names = [
        one.name for one in deformedOutlines(drawn, lambda frame: ways.way(frame, source.frame))
    ]
    assert names[0].startswith("Lung_R, ")
    assert names[0].endswith(" % cut off")
    assert names[1:] == ["Kidneys, not defined", "GTV"]


def test_a_field_picture_says_which_displacements_it_shows(patient):
    base, source, registration = patient
    made = {
        part: fieldPicture(
            base, source.frame, Ways([registration]), newScene(), kind=FieldKind.ARROWS, part=part
        )
        for part in FieldPart
    }
    (whole,), (left,) = (made[part].additions for part in (FieldPart.WHOLE, FieldPart.DEFORMATION))
    assert whole.remarks == ("rigid part included",)
    assert left.remarks[0].startswith("without the rigid part (")
    assert left.summary.largest < 25 < 1000 < whole.summary.largest  # the frames lie far apart
    assert made[FieldPart.WHOLE].title == "Displacement on CT “Registered”"
    assert str(made[FieldPart.WHOLE].registration) == "deformable: DRRO"


def test_a_field_needs_a_deformation_that_leads_there(patient):
    base, source, registration = patient
    ways = Ways([registration])
    with pytest.raises(FrameOfReferenceError, match="found matrices only"):
        fieldPicture(base, base.frame, ways, newScene(), kind=FieldKind.GRID)
    with pytest.raises(FrameOfReferenceError, match="against a deformable registration"):
        fieldPicture(source, base.frame, ways, newScene(), kind=FieldKind.GRID)


def test_every_kind_and_mode_can_be_drawn(canDraw, patient):
    base, source, registration = patient
    ways, scene = Ways([registration]), newScene()
    for kind in FieldKind:
        picture = fieldPicture(base, source.frame, ways, scene, kind=kind)
        image = fusedImage(replace(picture, width=300, planes=(Plane.AXIAL,)))
        assert image.shape[1] == 300
        assert image.std() > 20
    picture = deformedPicture(base, Shown(overlay=source), ways, scene)
    for mode in Mode:
        image = fusedImage(replace(picture, width=300, planes=(Plane.AXIAL,), mode=mode))
        assert image.shape[1] == (606 if mode is Mode.SIDE_BY_SIDE else 300)
