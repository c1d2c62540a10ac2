"""Texts that nodes keep of their objects, and that somebody damaged: told, never a crash."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from IHERODeformationLib.nodeRegistration import registrationOfNode
from IHERODeformationLib.scene import registrationFromDeformationNode
from IHERORegistrationLib.errors import IHEROError
from IHERORegistrationLib.headlessScene import newScene
from IHERORegistrationLib.nodeExport import isExported, isOfDeformation
from IHERORegistrationLib.nodeIdentity import knownFrame, patientOfNode
from IHERORegistrationLib.registeredEnds import registeredEnds
from IHERORegistrationLib.registrationReview import reviewOfNode
from IHERORegistrationLib.rigidExport import proposedChoices
from IHERORegistrationLib.scene import registrationFromTransformNode
from IHERORegistrationLib.sceneRegistrations import sceneRegistrations
from loadedPhantom import loadedDeformedPhantom, loadedPhantom

NO_JSON = (None, "", "garbage==", '{"garbage": [', "null", "7", "[]", "[[1]]", '{"rows": 7}')
LEAVES = (None, 7, [], {}, "x", float("inf"))
MOST = 60  # changes of one text


def damaged(text: str) -> Iterator[str | None]:
    """Texts that are none of ours, and `text` with each of its parts replaced."""
    yield from NO_JSON
    try:
        whole = json.loads(text)
    except ValueError:
        return
    for path in places(whole):
        for leaf in LEAVES:
            copy = json.loads(text)
            part = copy
            for step in path[:-1]:
                part = part[step]
            part[path[-1]] = leaf
            yield json.dumps(copy)


def places(value, above=()) -> Iterator[tuple]:
    """Ways to the first parts of what JSON told."""
    if not isinstance(value, dict | list):
        return
    for key in list(value) if isinstance(value, dict) else range(len(value[:2])):
        yield (*above, key)
        yield from places(value[key], (*above, key))


def read(node, base, overlay) -> list[str]:
    """What goes wrong other than by a sentence when all is read that `node` keeps."""
    readers = {
        "list": lambda: sceneRegistrations(node.GetScene()),
        "ends": lambda: registeredEnds(node),
        "patient": lambda: patientOfNode(node),
        "frame": lambda: knownFrame(node),
        "review": lambda: reviewOfNode(node).sentence,
        "export": lambda: (isExported(node), isOfDeformation(node)),
        "choices": lambda: proposedChoices(node, ""),
        "object": lambda: objectOf(node),
        "quality": lambda: registrationOfNode(node, base, overlay),
    }
    found = []
    for name, one in readers.items():
        try:
            one()
        except IHEROError:
            pass
        except Exception as error:  # noqa: BLE001 all the others are what is looked for
            found.append(f"{name}: {error!r}")
    return found


def objectOf(node):
    read = registrationFromTransformNode if node.IsLinear() else registrationFromDeformationNode
    return read(node)


@pytest.fixture(params=["rigid", "deformable"])
def loaded(request):
    """A registration, its fixed and its moving image."""
    scene = newScene()
    if request.param == "rigid":
        nodes = loadedPhantom(request.getfixturevalue("phantom"), scene)
        yield nodes.registrations["MR"], nodes.images["CT"], nodes.images["MR"]
    else:
        nodes = loadedDeformedPhantom(request.getfixturevalue("deformedPhantom"), scene)
        yield nodes.registration, *nodes.images.values()


def test_damaged_texts_of_a_registration_are_told(loaded):
    node, *images = loaded
    assert read(node, *images) == []
    found = []
    for attribute in list(node.GetAttributeNames()):
        own = node.GetAttribute(attribute)
        for text, _ in zip(damaged(own), range(MOST), strict=False):
            node.SetAttribute(attribute, text)
            found += [(attribute, (text or "")[:60], one) for one in read(node, *images)]
        node.SetAttribute(attribute, own)
    assert found == []
