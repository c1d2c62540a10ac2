"""The files of the phantom are conformant, refer to one another and are the same each time."""

from __future__ import annotations

import pytest
from pydicom import dcmread

from IHERORegistrationLib.errors import FileExistsRefusal
from IHERORegistrationLib.phantoms.anatomy import LANDMARKS
from IHERORegistrationLib.phantoms.phantom import Phantom, writePhantom
from IHERORegistrationLib.phantoms.scans import Recipe, hybridScans
from IHERORegistrationLib.profiles.selection import conformanceFindings
from IHERORegistrationLib.rules import Role
from IHERORegistrationLib.study import Study
from newPhantoms import files

# fmt: on


ONLY_CT = Recipe(hybridScans()[:1], doseBits=16)


@pytest.fixture(scope="module")
def onlyCT(tmp_path_factory: pytest.TempPathFactory) -> Phantom:
    return writePhantom(tmp_path_factory.mktemp("onlyCT"), ONLY_CT)


def test_used_fiducials_and_every_image_are_referenced_in_their_study(phantom):
    dataset = dcmread(phantom.registrations[0].path)
    used = dataset.RegistrationSequence[1].UsedFiducialsSequence
    assert len(used) == 2 * len(LANDMARKS)
    branch = dataset.StudiesContainingOtherReferencedInstancesSequence[0]
    assert branch.StudyInstanceUID == phantom.named("MR").reference.studyInstanceUID
    listed = {
        one.ReferencedSOPInstanceUID
        for holder in (dataset, branch)
        for series in holder.ReferencedSeriesSequence
        for one in series.ReferencedInstanceSequence
    }
    images = {one.sopInstanceUID for n in ("CT", "MR") for one in phantom.named(n).reference}
    assert listed == images | {one.ReferencedSOPInstanceUID for one in used}


def test_dciodvfy_finds_no_error_in_any_kind_of_object(phantom, dciodvfy):
    checked = [phantom.structureSet, phantom.plan, *phantom.fiducials.values()]
    checked += [one.path for one in phantom.registrations]
    checked += [files(phantom.folder / one.scan.name)[3] for one in phantom.series]
    for file in checked:
        assert dciodvfy(file) == [], file.name


def test_dciodvfy_finds_no_error_in_the_16_bit_twin_of_the_dose(onlyCT, dciodvfy):
    assert dcmread(onlyCT.dose).BitsAllocated == 16
    assert dciodvfy(onlyCT.dose) == []


def test_no_profile_finds_anything_in_any_object(phantom):
    objects = [dcmread(file) for file in files(phantom.folder)]
    study = Study(objects)
    found = [
        str(finding)
        for one in objects
        for finding in conformanceFindings(one, role=Role.PRODUCER, study=study)
    ]
    assert found == []


def test_a_second_run_writes_the_same_bytes(phantom, tmp_path):
    writePhantom(tmp_path)
    first, second = files(phantom.folder), files(tmp_path)
    assert len(first) == len(second) > 80
    for one, other in zip(first, second, strict=True):
        assert one.relative_to(phantom.folder) == other.relative_to(tmp_path)
        assert one.read_bytes() == other.read_bytes()


def test_another_recipe_shares_no_uid(phantom, onlyCT):
    both = files(phantom.folder) + files(onlyCT.folder)
    uids = {dcmread(file, specific_tags=["SOPInstanceUID"]).SOPInstanceUID for file in both}
    assert len(uids) == len(both)


def test_an_existing_file_is_replaced_only_by_force(onlyCT):
    with pytest.raises(FileExistsRefusal):
        writePhantom(onlyCT.folder, ONLY_CT)
    writePhantom(onlyCT.folder, ONLY_CT, force=True)
