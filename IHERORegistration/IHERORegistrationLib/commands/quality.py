"""`ihero quality`: how good a registration is, measured."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

from IHERODeformationLib.anyRegistration import AnyRegistration
from IHERODeformationLib.frameWays import registrationWay
from IHERODeformationLib.landmarkFiles import landmarkPairsFromFiles
from IHERODeformationLib.readings import ReadingName, readingOf
from IHERODeformationLib.registrationQuality import (
    QualityInputs,
    RegistrationQuality,
    registrationQuality,
)
from IHERODeformationLib.savedQuality import NAMES, saveQuality

from ..errors import FileExistsRefusal, MalformedObjectError, ReferenceNotFoundError
from ..frames import Transform
from ..sentences import oneLine
from ..structures import StructureSet
from .inputs import Inputs, readInputs
from .targets import targetSeries
from .telling import remark, tellNotes


def addArguments(parser: argparse.ArgumentParser) -> None:
    """What `ihero quality` takes."""
    parser.add_argument("registration", metavar="REG", help="registration object")
    parser.add_argument("--data", required=True, help="folder with both images and structures")
    parser.add_argument("--out", required=True, help="folder for the report and its numbers")
    parser.add_argument(
        "--landmarks",
        nargs="+",
        metavar="FILE",
        help="pairs in one CSV or Spatial Fiducials; else of the registered, then of the source",
    )
    parser.add_argument("--back", metavar="REG", help="registration the other way")
    parser.add_argument("--structures", metavar="UID", help="set drawn on the registered image")
    parser.add_argument(
        "--target-structures",
        dest="targetStructures",
        metavar="UID",
        help="set drawn on the source image",
    )
    parser.add_argument("--to", dest="toFrame", metavar="UID", help="source frame, if several")
    parser.add_argument("--base", metavar="UID", help="series of the registered image")
    parser.add_argument("--source", metavar="UID", help="series of the source image")


def run(arguments: argparse.Namespace) -> int:
    """Measure it and write the report."""
    for path in (Path(arguments.out) / name for name in NAMES):
        if path.exists() and not arguments.force:
            raise FileExistsRefusal(f"{path} exists; --force overwrites it")
    if len(arguments.landmarks or ()) > 2:
        raise MalformedObjectError("expected one file with landmarks, or two")
    named = [arguments.registration, *([arguments.back] if arguments.back else [])]
    inputs = readInputs(named, arguments.data, arguments)
    registration = inputs.registrations[0]
    given = _qualityInputs(registration, inputs, arguments)
    quality = registrationQuality(
        registration,
        Path(arguments.registration),
        given,
        created=datetime.now(),
        progress=lambda words: remark(words, arguments),
    )
    remark("Drawing", arguments)
    page = saveQuality(quality, registration, given, Path(arguments.out), force=arguments.force)
    print("\n".join(_lines(quality)))
    print(page)
    return 0


def _qualityInputs(
    registration: AnyRegistration, inputs: Inputs, arguments: argparse.Namespace
) -> QualityInputs:
    """What the command line names, read."""
    plain = readingOf(registration, ReadingName.STANDARD, arguments.toFrame).reading.transform
    registered = targetSeries(inputs, plain.fromFrame, arguments.base)
    source = targetSeries(inputs, plain.toFrame, arguments.source)
    structures = _structureSet(inputs, arguments.structures, plain.fromFrame)
    drawn = _structureSet(inputs, arguments.targetStructures, plain.toFrame)
    for one in (registered, source, structures, drawn):
        if one is not None:
            tellNotes(one.notes, arguments)
    landmarks = None
    if arguments.landmarks:
        first, *others = map(Path, arguments.landmarks)
        second = others[0] if others else None
        landmarks = landmarkPairsFromFiles(first, second, plain.fromFrame, plain.toFrame)
    back = _back(inputs, plain) if arguments.back else None
    return QualityInputs(
        registered=registered,
        source=source,
        names=inputs.names,
        landmarks=landmarks,
        back=back,
        backUID=inputs.registrations[1].sopInstanceUID if back else "",
        structures=structures,
        targetStructures=drawn,
    )


def _back(inputs: Inputs, forth: Transform) -> Transform:
    """The way back by the second registration."""
    if len(inputs.registrations) != 2:
        raise MalformedObjectError("expected a second registration, found the same one: --back")
    return registrationWay([inputs.registrations[1]], forth.toFrame, forth.fromFrame)


def _structureSet(inputs: Inputs, uid: str | None, frame: str) -> StructureSet | None:
    """The set named, else the only one with contours in `frame`, if there is one.

    Raises
        ReferenceNotFoundError: the one named is not there, or there are several.
    """
    folder = inputs.folderAtHand
    if uid:
        return folder.oneStructureSet(uid)
    found = [
        one
        for one in folder.structureSets
        if any(structure.contours for structure in one.inFrame(frame).structures)
    ]
    if len(found) > 1:
        named = ", ".join(one.sopInstanceUID for one in found)
        raise ReferenceNotFoundError(
            f"expected one structure set in frame {frame}, found {len(found)}, choose one: {named}"
        )
    return found[0] if found else None


def _lines(quality: RegistrationQuality) -> list[str]:
    """The verdict on the direction, and what is beyond its limit."""
    lines = [quality.direction.sentence]
    for one in quality.beyond:
        metric = one.metric
        value = f"{metric.value:.4g} {metric.unit}".strip()
        lines.append(
            oneLine(
                f"beyond its limit: {metric.kind.value}, {metric.quantity}, {metric.region}: "
                f"{value} ({one.limitText})"
            )
        )
    return lines
