"""What is told of a registration before it is loaded."""

import builders
from IHERORegistrationLib.reader import registrationFromDataset
from IHERORegistrationLib.registrationOffer import referencedImages, registrationOffer

NAMES = {builders.CT_FRAME: "CT “Planning”", builders.MR_FRAME: "MR “T1”"}


def instances(*series):
    return [one.SOPInstanceUID for datasets in series for one in datasets]


def offer(names=NAMES, atHand=None, **changes):
    registration = registrationFromDataset(builders.spatialRegistration(**changes))
    present = referencedImages(registration) if atHand is None else atHand
    return registrationOffer(registration, "Registration", names, present)


def test_an_offer_names_what_moves_and_onto_what():
    assert offer().name == "Registration: MR “T1” → CT “Planning”"
    assert offer().tooltip.splitlines() == [
        "MR_ON_CT: MR registered to the planning CT",
        "Made by Maker Model on 2024-01-03",
    ]
    assert offer().warning == ""


def test_frames_without_images_at_hand_are_named_by_the_end_of_their_uid():
    assert offer(names={}).name == "Registration: frame 2.25.77.2.2 → frame 2.25.77.2.1"


def test_an_offer_of_several_moving_images_names_each_frame_once():
    ct, mr, pet = builders.ctSeries(), builders.mrSeries(), builders.petSeries()
    items = [builders.registrationItem(one) for one in (mr, pet, mr)]
    items.insert(1, builders.registrationItem(ct, builders.IDENTITY))
    names = {**NAMES, builders.PET_FRAME: "PET"}
    assert offer(names, items=items).name == "Registration: MR “T1”, PET → CT “Planning”"


def test_every_image_is_referenced_once():
    registration = registrationFromDataset(builders.spatialRegistration())
    expected = instances(builders.ctSeries(), builders.mrSeries())
    assert sorted(referencedImages(registration)) == sorted(expected)


def test_missing_images_are_counted():
    atHand = instances(builders.mrSeries())
    assert offer(atHand=atHand).warning == "4 of 7 referenced images are not in the database"


def test_repairs_are_told():
    rounded = (*builders.MATRIX[:15], 1.0000005)
    assert offer(matrix=rounded).warning.startswith(
        "Repaired: rounded last row at RegistrationSequence[2]"
    )


def test_control_characters_and_the_patient_stay_out():
    told = offer(names={**NAMES, builders.MR_FRAME: "MR “a\nb\x1b”"}, ContentDescription="c\x07d")
    assert told.name == "Registration: MR “a b�” → CT “Planning”"
    assert "c�d" in told.tooltip
    assert "Case" not in f"{told.name} {told.tooltip} {told.warning}"
