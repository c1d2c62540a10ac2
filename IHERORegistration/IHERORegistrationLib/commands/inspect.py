"""`ihero inspect`: what registrations map where."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from IHERODeformationLib.anyRegistration import storedRegistration
from IHERODeformationLib.inspection import DeformableInspection, mayBeRead

from ..errors import IHEROError, MalformedObjectError
from ..inspection import Inspection, ObjectInspection
from ..profiles.selection import conformanceFindings
from ..reader import NOTHING_AT_HAND
from ..registration import SpatialRegistration
from ..study import EMPTY_STUDY
from .inputs import centersByFrame, failedFile, filesOf, frameNames, remark, studyOf


def addArguments(parser: argparse.ArgumentParser) -> None:
    """What `ihero inspect` takes."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="registration objects or folders")
    parser.add_argument("--data", help="folder with the images they refer to")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")


def run(arguments: argparse.Namespace) -> int:
    """Inspect each object; the status is the worst of them."""
    folder = None
    if arguments.data:
        from ..dataFolder import dataFolder

        folder = dataFolder(Path(arguments.data))
        for note in folder.notes:
            remark(str(note), arguments)
    names, centers = (frameNames(folder.series), centersByFrame(folder)) if folder else ({}, {})
    study = studyOf(folder) if folder else EMPTY_STUDY
    frames = folder.frameOfInstance if folder else NOTHING_AT_HAND
    atHand = {one.sopInstanceUID for one in folder.objects} if folder else None
    inspections: list[ObjectInspection] = []
    files, status = filesOf(arguments.paths, lambda one: _registrationsIn(one, arguments))
    for file in files:
        try:
            stored = storedRegistration(file, frameOfInstance=frames, strict=arguments.strict)
        except IHEROError as error:  # the other objects are told all the same
            status = max(status, failedFile(file, error))
            continue
        one = stored.registration
        few = mayBeRead(one)
        found = tuple(conformanceFindings(stored.dataset, study=study, vectors=few))
        if isinstance(one, SpatialRegistration):
            inspections.append(Inspection(file, one, found, names, centers, atHand))
        else:
            inspections.append(DeformableInspection(file, one, found, names, centers, atHand))
    if arguments.json:
        json.dump([one.asJSON() for one in inspections], sys.stdout, indent=1)
        print()
    elif inspections:
        print("\n\n".join(one.asText() for one in inspections))
    return max([status, *(int(one.hasErrors) for one in inspections)])


def _registrationsIn(folder: Path, arguments: argparse.Namespace) -> list[Path]:
    """The registration objects below `folder`.

    Raises
        MalformedObjectError: there is none.
    """
    from ..dataFolder import dataFolder

    found = dataFolder(folder)
    for note in found.scanNotes:
        remark(str(note), arguments)
    if not found.registrations:
        raise MalformedObjectError(f"expected registration objects, found none: {folder}")
    return list(found.registrations)
