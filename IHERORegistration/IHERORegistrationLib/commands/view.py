"""`ihero view`: a fused picture."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..dose import Dose
from ..errors import MalformedObjectError, ReferenceNotFoundError
from ..headlessScene import newScene
from ..images import ImageSeries
from ..pictures.fusion import Mode
from ..pictures.registeredPicture import Shown, registeredPicture
from ..pictures.slicePlanes import Plane
from ..rendering import ALL_PLANES, saveFusedPicture
from ..sentences import seriesName
from ..structures import StructureSet
from ..togetherRemarks import togetherRemarks
from .inputs import Inputs, readInputs, remark
from .targets import targetSeries

ALL = "all"
NOTHING = "none"


def addArguments(parser: argparse.ArgumentParser) -> None:
    """What `ihero view` takes."""
    parser.add_argument("registrations", nargs="*", metavar="REG", help="registration objects")
    parser.add_argument("--data", required=True, help="folder with images, structures and dose")
    parser.add_argument("--out", required=True, metavar="FILE.png", help="picture to write")
    parser.add_argument("--base", metavar="UID", help="series that lies below")
    parser.add_argument("--overlay", metavar="UID", help="series that lies above, or none")
    parser.add_argument("--mode", choices=[one.value for one in Mode], default=Mode.BLEND.value)
    parser.add_argument("--opacity", type=float, default=0.5, help="of the overlay, 0 to 1")
    parser.add_argument("--plane", choices=[ALL, *(one.lower() for one in Plane)], default=ALL)
    parser.add_argument("--at", metavar="X,Y,Z", help="point to show, LPS mm in the base's frame")
    parser.add_argument("--structures", metavar="UID", help="structure set to draw, or none")
    parser.add_argument("--dose", metavar="UID", help="dose to draw, or none")
    parser.add_argument("--width", type=int, default=1200, help="of the picture, pixels")
    parser.add_argument(
        "--unregistered", action="store_true", help="overlay at its own coordinates, marked so"
    )


def run(arguments: argparse.Namespace) -> int:
    """Draw the picture."""
    inputs = readInputs(arguments.registrations, arguments.data, arguments)
    base = _base(inputs, arguments)
    folder = inputs.folderAtHand
    reached = {base.frame, *inputs.graph.connectedTo(base.frame)}
    for one in folder.series:
        if one.frame not in reached:
            name = seriesName(one.modality, one.description)
            remark(f"{name} is not shown: no registration leads from it to the base", arguments)
    shown = Shown(
        overlay=_overlay(inputs, base, reached, arguments),
        structures=_structures(inputs, reached, arguments),
        dose=_dose(inputs, reached, arguments),
    )
    scene = newScene()
    picture = registeredPicture(
        base, shown, inputs.rigidOnly, scene, registered=not arguments.unregistered
    )
    if not 0 <= arguments.opacity <= 1 or not 200 <= arguments.width <= 8000:
        raise MalformedObjectError("expected --opacity from 0 to 1 and --width from 200 to 8000")
    picture = replace(
        picture,
        mode=Mode(arguments.mode),
        opacity=arguments.opacity,
        width=arguments.width,
        planes=ALL_PLANES if arguments.plane == ALL else (Plane(arguments.plane.capitalize()),),
        center=_point(arguments.at) if arguments.at else picture.center,
    )
    for doubt in togetherRemarks(base, shown.overlay) if shown.overlay else ():
        remark(doubt, arguments)
    path = saveFusedPicture(picture, Path(arguments.out), force=arguments.force)
    remark(f"{picture.title}: {picture.registration or 'one image'}", arguments)
    print(path)
    return 0


def _base(inputs: Inputs, arguments: argparse.Namespace) -> ImageSeries:
    """The series asked for; else that of the registered frame; else the only CT, or series."""
    folder = inputs.folderAtHand
    if arguments.base:
        return folder.oneSeries(arguments.base)
    registered = {one.registeredFrame for one in inputs.registrations}
    if len(registered) == 1:
        return targetSeries(inputs, min(registered))
    cts = [one for one in folder.series if one.modality == "CT"]
    return cts[0] if len(cts) == 1 else folder.oneSeries()


def _overlay(
    inputs: Inputs, base: ImageSeries, reached: Collection[str], arguments: argparse.Namespace
) -> ImageSeries | None:
    """The series asked for; else the only other one that is connected to the base, if any."""
    folder = inputs.folderAtHand
    if arguments.overlay == NOTHING:
        return None
    if arguments.overlay:
        return folder.oneSeries(arguments.overlay)
    others = [
        one
        for one in folder.series
        if one.frame in reached and one.seriesInstanceUID != base.seriesInstanceUID
    ]
    if len(others) > 1:
        named = ", ".join(f"{one.modality} {one.seriesInstanceUID}" for one in others)
        raise ReferenceNotFoundError(f"several images fit, choose one with --overlay: {named}")
    return others[0] if others else None


def _structures(
    inputs: Inputs, reached: Collection[str], arguments: argparse.Namespace
) -> StructureSet | None:
    """The structure set asked for; else the only one at hand, if the base can be reached."""
    folder = inputs.folderAtHand
    asked = arguments.structures
    if asked == NOTHING or (asked is None and not folder.structureSets):
        return None
    found = folder.oneStructureSet(asked)
    if asked is None and not {one.frame for one in found.structures} <= set(reached):
        remark("structures are not shown: no registration leads to the base", arguments)
        return None
    return found


def _dose(inputs: Inputs, reached: Collection[str], arguments: argparse.Namespace) -> Dose | None:
    """The dose asked for; else the only one at hand, if the base can be reached."""
    folder = inputs.folderAtHand
    asked = arguments.dose
    if asked == NOTHING or (asked is None and not folder.doses):
        return None
    found = folder.oneDose(asked)
    if asked is None and found.frame not in reached:
        remark("dose is not shown: no registration leads to the base", arguments)
        return None
    return found


def _point(words: str) -> np.ndarray:
    try:
        values = np.array([float(word) for word in words.split(",")])
    except ValueError:
        values = np.array([])
    if values.shape != (3,) or not np.isfinite(values).all():
        raise MalformedObjectError(f"expected --at X,Y,Z in mm, found {words!r}")
    return values
