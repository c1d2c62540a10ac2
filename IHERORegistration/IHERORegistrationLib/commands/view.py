"""`ihero view`: a fused picture, or what a deformation does to space."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import slicer

from IHERODeformationLib.deformation import OutsideGrid
from IHERODeformationLib.pictures.fieldKind import DRAWN_IN_LINES, SCALE, FieldKind, FieldPart

from ..errors import FrameOfReferenceError, MalformedObjectError
from ..headlessScene import newScene
from ..images import ImageSeries
from ..pictures.fusion import Mode
from ..pictures.registeredPicture import Shown, registeredPicture
from ..pictures.slicePlanes import Plane
from ..rendering import ALL_PLANES, FusedPicture, fusedImage, inARow, savePNG
from ..sentences import seriesName
from ..togetherRemarks import togetherRemarks
from .inputs import Inputs, outsideArgument, readInputs
from .shown import (
    Reach,
    baseSeries,
    deformedFrames,
    doseShown,
    overlaySeries,
    reachOf,
    structuresShown,
)
from .telling import remark

ALL = "all"


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
    _addDeformationArguments(parser)


def _addDeformationArguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("deformable registrations")
    group.add_argument(
        "--field",
        choices=[one.value for one in FieldKind],
        help="what the deformation from the base does to space; a named overlay lies under lines",
    )
    group.add_argument(
        "--part",
        choices=[one.value for one in FieldPart],
        default=FieldPart.DEFORMATION.value,
        help="of displacements: without the rigid motion nearest to them, or the whole",
    )
    group.add_argument(
        "--scale", type=float, default=SCALE, metavar="MM", help="displacement of the last color"
    )
    group.add_argument(
        "--before", action="store_true", help="beside it the rigid part of the deformation alone"
    )
    group.add_argument(
        "--inverse", action="store_true", help="also against deformations, by numerical inverse"
    )
    outsideArgument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Draw the picture."""
    inputs = readInputs(arguments.registrations, arguments.data, arguments)
    _requireSense(inputs, arguments)
    base = baseSeries(inputs, arguments)
    reach = reachOf(base, inputs, arguments)
    for one in inputs.folderAtHand.series:
        if one.frame not in reach.pulled:
            name = seriesName(one.modality, one.description)
            remark(f"{name} is not shown: no registration leads from it to the base", arguments)
    shown = Shown(
        overlay=overlaySeries(inputs, reach, arguments),
        structures=structuresShown(inputs, reach, arguments),
        dose=None if arguments.field else doseShown(inputs, reach, arguments),
    )
    scene = newScene()
    picture = _asAsked(_picture(inputs, reach, shown, scene, arguments), arguments)
    for doubt in togetherRemarks(base, shown.overlay) if shown.overlay else ():
        remark(doubt, arguments)
    path = _save(picture, base, arguments)
    remark(f"{picture.title}: {picture.registration or 'one image'}", arguments)
    print(path)
    return 0


def _requireSense(inputs: Inputs, arguments: argparse.Namespace) -> None:
    if not 0 <= arguments.opacity <= 1 or not 200 <= arguments.width <= 8000:
        raise MalformedObjectError("expected --opacity from 0 to 1 and --width from 200 to 8000")
    if not 0 < arguments.scale < np.inf:
        raise MalformedObjectError(f"expected --scale above 0 mm, found {arguments.scale:g}")
    asked = [name for name in ("field", "before") if getattr(arguments, name)]
    if len(asked) > 1 or (asked and arguments.unregistered):
        raise MalformedObjectError("expected one of --field, --before and --unregistered")
    if asked and not inputs.deformable:
        raise MalformedObjectError(
            f"expected a Deformable Spatial Registration for --{asked[0]}, found none"
        )


def _picture(
    inputs: Inputs,
    reach: Reach,
    shown: Shown,
    scene: slicer.vtkMRMLScene,
    arguments: argparse.Namespace,
) -> FusedPicture:
    registered = not arguments.unregistered
    if not inputs.deformable:
        return registeredPicture(reach.base, shown, inputs.rigid, scene, registered=registered)
    from IHERODeformationLib.pictures.deformedPicture import deformedPicture
    from IHERODeformationLib.pictures.fieldPicture import fieldPicture
    from IHERODeformationLib.pictures.ways import Ways

    outsideGrid = OutsideGrid(arguments.outside)
    ways = Ways(inputs.registrations, outsideGrid, numericalInverse=arguments.inverse)
    if not arguments.field:
        return deformedPicture(reach.base, shown, ways, scene, registered=registered)
    kind = FieldKind(arguments.field)
    return fieldPicture(
        reach.base,
        _fieldFrame(inputs, reach, shown),
        ways,
        scene,
        kind=kind,
        part=FieldPart(arguments.part),
        scale=arguments.scale,
        structures=shown.structures,
        overlay=shown.overlay if arguments.overlay and kind in DRAWN_IN_LINES else None,
    )


def _fieldFrame(inputs: Inputs, reach: Reach, shown: Shown) -> str:
    """Where the deformation to be shown leads: to the overlay, else the only place there is."""
    if shown.overlay is not None:
        return shown.overlay.frame
    frames = sorted(deformedFrames(inputs, reach))
    if len(frames) != 1:
        found = ", ".join(frames) or "none"
        raise FrameOfReferenceError(
            f"expected one frame that a deformation leads to from the base, found {found}"
        )
    return frames[0]


def _asAsked(picture: FusedPicture, arguments: argparse.Namespace) -> FusedPicture:
    return replace(
        picture,
        mode=Mode(arguments.mode),
        opacity=arguments.opacity,
        width=arguments.width,
        planes=ALL_PLANES if arguments.plane == ALL else (Plane(arguments.plane.capitalize()),),
        center=_point(arguments.at) if arguments.at else picture.center,
    )


def _save(picture: FusedPicture, base: ImageSeries, arguments: argparse.Namespace) -> Path:
    images = [fusedImage(picture)]
    if arguments.before:
        from IHERODeformationLib.pictures.deformedPicture import rigidPartOnly

        images.insert(0, fusedImage(rigidPartOnly(picture, base)))
    return savePNG(inARow(images), Path(arguments.out), force=arguments.force)


def _point(words: str) -> np.ndarray:
    try:
        values = np.array([float(word) for word in words.split(",")])
    except ValueError:
        values = np.array([])
    if values.shape != (3,) or not np.isfinite(values).all():
        raise MalformedObjectError(f"expected --at X,Y,Z in mm, found {words!r}")
    return values
