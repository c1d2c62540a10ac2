"""Two scans are registered on the screen, rigidly and deformably, and the result is sent back."""

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)  # needs libegl1 and others


from application.mainWindows import settle
from application.openedScenes import openScene, saveOpenScene
from exportScreen import written
from IHERODeformationLib.nodeMap import nodeMap
from IHERODeformationLib.phantoms.deformedPhantom import writeDeformedPhantom
from IHERODeformationLib.reader import deformableRegistrationFromFile
from IHERODeformationLib.scene import registrationFromDeformationNode
from journeys.user import userOf

pytestmark = pytest.mark.usefixtures("canDraw")


@pytest.fixture(scope="module")
def breathed(tmp_path_factory):
    """A small patient who breathed between two CT; nobody has registered them."""
    return writeDeformedPhantom(tmp_path_factory.mktemp("unregistered"), encodings=())


@pytest.fixture(scope="module")
def seen(breathed, tmp_path_factory):
    """What there was to see at each step, by its name, and after the scene was opened again."""
    settings = tmp_path_factory.mktemp("register")
    with userOf(settings, breathed.folder) as user:
        from journeys.registerAndSend import registerAndSend  # needs the application

        steps = registerAndSend(user, breathed.frames, breathed.target)
        found = {step: look(user, step) for step in steps}
        found["sent"] = (*found["sent"], sentRegistration(user))
        before = chosenNames(user)
        saveOpenScene(settings / "scene.mrb")
        openScene(settings / "scene.mrb")
        settle()
        return found | {"reopened": (before, chosenNames(user))}


def look(user, step):
    """The chosen registration, what is told, and where it takes the landmarks."""
    node = user.module.chosen.registration
    labels = {
        "landmarks": ("RegisterPanel", "residualsLabel"),
        "deformed": ("DeformableRegisterPanel", "deformableResultLabel"),
    }
    panel, label = labels.get(step, ("RegistrationsPanel", "missingImagesLabel"))
    text = getattr(user.panel(panel).ui, label).text
    above = user.module.chosen.overlay.GetParentTransformNode()
    return node.GetID(), text, above is node, nodeMap(node, None)


def sentRegistration(user):
    """What the database got, and what is in the scene."""
    there = deformableRegistrationFromFile(written(user.panel("ExportPanel")))
    vectors = np.array(there.sourceItems[0].grid.vectors)
    here = registrationFromDeformationNode(user.module.chosen.registration)
    return there, vectors, np.array(here.sourceItems[0].grid.vectors)


def chosenNames(user):
    chosen = user.module.chosen
    return [one and one.GetName() for one in (chosen.registration, chosen.base, chosen.overlay)]


@pytest.fixture(scope="module")
def missed(seen, breathed):
    """Function: by how much a step misses the landmarks, mm on average."""
    there, here = (
        breathed.landmarks(frame) for frame in (breathed.source.frame, breathed.registered.frame)
    )

    def mean(step):
        toSource = seen[step][3]
        points = toSource(np.array([here[name] for name in here]))
        return np.linalg.norm(points - [there[name] for name in here], axis=1).mean()

    return mean


def test_landmarks_bring_the_images_together_and_tell_their_residuals(seen, missed):
    _, text, isApplied, _ = seen["landmarks"]
    assert isApplied
    assert "8 pairs: residuals" in text
    told = float(text.split("residuals ")[1].split(" mm on average")[0])
    assert told == pytest.approx(missed("landmarks"), abs=0.06)


def test_cancelled_work_changes_nothing(seen):
    assert seen["cancelled"][0] == seen["landmarks"][0]
    assert seen["cancelled"][2]


def test_images_are_registered_automatically(seen, missed):
    assert seen["automatic"][0] != seen["landmarks"][0]
    assert seen["automatic"][2]
    assert missed("automatic") < 12  # he breathed: no matrix does better than 6.7


def test_the_deformation_finds_what_a_matrix_cannot(seen, missed):
    assert seen["deformed"][2]
    assert missed("deformed") < 0.6 * missed("automatic")
    assert "none of them folded" in seen["deformed"][1]


def test_what_was_sent_is_what_was_seen(seen, breathed):
    registration, there, here = seen["sent"][4]
    assert registration.label == "BREATHING"
    assert registration.registeredFrame == breathed.registered.frame
    assert registration.sourceItems[0].sourceFrame == breathed.source.frame
    np.testing.assert_allclose(there, here, rtol=0, atol=1e-6)


def test_a_saved_scene_opens_with_what_was_chosen(seen):
    before, after = seen["reopened"]
    assert after == before
    assert None not in before
