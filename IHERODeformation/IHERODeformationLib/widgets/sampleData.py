"""Sample data of deformable registrations; see the file of this name for rigid ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from IHERORegistrationLib.registrationRecord import Watch
from IHERORegistrationLib.widgets.sampleData import Sample

from ..reader import deformableRegistrationFromFile
from ..scene import transformNodesFromDeformation

BY_PROFILE = "drro"  # the encoding that the profile asks for


def _write(folder: Path, watch: Watch) -> object:
    from ..phantoms.deformedPhantom import writeDeformedPhantom  # not before it is needed
    from ..phantoms.encodings import ENCODINGS
    from ..phantoms.pairs import Extent, PairRecipe

    encodings = [one for one in ENCODINGS if one.name == BY_PROFILE]
    recipe = PairRecipe(extent=Extent.DEMO)
    return writeDeformedPhantom(folder, recipe, encodings=encodings, watch=watch)


def _read(path: Path, frameOfInstance: Mapping[str, str], scene: Any) -> tuple[object, Any]:
    registration = deformableRegistrationFromFile(path)
    return registration, transformNodesFromDeformation(registration, scene)


ICONS = Path(__file__).parents[2] / "Resources" / "Icons"
DEFORMABLE = Sample("IHERODeformablePhantom", _write, _read, ICONS / "IHERODeformablePhantom.png")
