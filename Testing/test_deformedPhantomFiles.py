"""The files of deformed phantoms: valid, judged as each encoding deserves, the same every time."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom import dcmread

from IHERODeformationLib.phantoms.deformedPhantom import writeDeformedPhantom
from IHERODeformationLib.phantoms.pairs import Extent, Kind, PairRecipe, scannedPair
from IHERODeformationLib.reader import (
    deformableRegistrationFromFile,
)
from IHERORegistrationLib.errors import FileExistsRefusal, ReferenceNotFoundError
from IHERORegistrationLib.phantoms.anatomy import Modality
from IHERORegistrationLib.phantoms.imageFiles import imageDatasets
from IHERORegistrationLib.phantoms.voxels import valuesAt
from IHERORegistrationLib.profiles.selection import conformanceFindings
from IHERORegistrationLib.rules import Role, Severity
from IHERORegistrationLib.study import Study
from newPhantoms import BROKEN, NAMES, REFUSED, files, indicesIn, newlyMade, nodesOf


def test_written_files_are_the_numbers_they_claim(deformedPhantom):
    assert list(deformedPhantom.deformations) == NAMES
    for written in deformedPhantom.deformations.values():
        registration = deformableRegistrationFromFile(written.path)
        (transform,) = registration.transforms
        assert transform.fromFrame == deformedPhantom.registered.frame
        assert transform.toFrame == deformedPhantom.source.frame
        np.testing.assert_array_equal(transform.grid.vectors, written.encoded.vectors)
        np.testing.assert_allclose(transform.pre, written.encoded.pre, atol=1e-9)
        np.testing.assert_allclose(transform.post, written.encoded.post, atol=1e-9)


def test_dciodvfy_finds_no_error_in_any_kind_of_object(deformedPhantom, dciodvfy):
    paths = [one.path for one in deformedPhantom.deformations.values()]
    paths += [*deformedPhantom.structureSets.values(), *deformedPhantom.fiducials.values()]
    paths += [files(deformedPhantom.folder / name)[5] for name in ("Registered", "Source")]
    for path in [*paths, deformedPhantom.plan]:
        assert dciodvfy(path) == [], path.name


def test_the_profile_finds_what_each_encoding_breaks_and_nothing_else(deformedPhantom):
    """What is baked in is said to be long, a small grid to be small."""
    objects = {path: dcmread(path) for path in files(deformedPhantom.folder)}
    study = Study(list(objects.values()))
    for name, written in deformedPhantom.deformations.items():
        found = conformanceFindings(objects[written.path], role=Role.PRODUCER, study=study)
        assert {one.rule.code for one in found} == BROKEN.get(name, set()), name
        errors = [one for one in found if one.severity is Severity.ERROR]
        assert bool(errors) == (name in REFUSED)
    others = set(objects) - {one.path for one in deformedPhantom.deformations.values()}
    for path in others:
        found = conformanceFindings(objects[path], role=Role.PRODUCER, study=study)
        assert {one.rule.code for one in found} <= {"MMRO-IMG-002"}  # pixels are not square


def test_the_same_recipe_gives_the_same_bytes_and_another_other_uids():
    _, _, one = newlyMade(Kind.SMOOTH, "both")
    _, _, again = newlyMade(Kind.SMOOTH, "both")
    assert one == again
    recipe = PairRecipe(Kind.SHRUNKEN, extent=Extent.DETAIL)
    uids = {
        scannedPair(other, repr(other)).registered.frame
        for other in (recipe, PairRecipe(), PairRecipe(seed="another"))
    }
    assert len(uids) == 3


@pytest.mark.parametrize("modality", [Modality.MR, Modality.PET])
def test_the_source_may_be_another_modality(modality):
    recipe = PairRecipe(Kind.SMOOTH, modality, Extent.DETAIL)
    source = scannedPair(recipe, "other modality").source
    dataset = next(imageDatasets(source, "other modality"))
    assert dataset.Modality == modality
    assert dataset.FrameOfReferenceUID == source.frame


def test_a_detail_is_soft_and_its_source_reaches_beyond_it():
    pair = scannedPair(PairRecipe(Kind.HOLE, extent=Extent.DETAIL), "detail")
    lattice, scan = pair.registered.lattice, pair.registered.scan
    there = pair.toSource.continued(nodesOf(lattice))
    assert pair.source.lattice.contains(there).all()
    assert pair.doseLattice.contains(there).all()
    points = lattice.points(indicesIn(lattice))
    one, other = (
        valuesAt(scan, at, pair.registered.toBody.matrix, pair.registered.change)
        for at in (points, points + lattice.directions[:, 0])  # 1 mm on
    )
    assert 20 < np.abs(one - other).max() < 120


def test_an_existing_file_is_not_replaced_unasked(deformedPhantom):
    with pytest.raises(FileExistsRefusal):
        writeDeformedPhantom(deformedPhantom.folder)


def test_names_that_do_not_exist_are_refused_with_those_that_do(deformedPhantom):
    frame = deformedPhantom.registered.frame
    with pytest.raises(ReferenceNotFoundError, match=r"drro, oblique.*found inverse"):
        deformedPhantom.deformation("inverse")
    with pytest.raises(ReferenceNotFoundError, match="Body, Lung_R"):
        deformedPhantom.distance("Spleen", np.zeros(3), frame)
    with pytest.raises(ReferenceNotFoundError, match=r"1\.2\.3"):
        deformedPhantom.landmarks("1.2.3")
