"""`ihero inspect`: what registrations map where."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ..dicomFile import datasetFromFile
from ..errors import IHEROError, MalformedObjectError
from ..inspection import DataBeside, Inspection, ObjectInspection
from ..profiles.selection import conformanceFindings
from ..reader import NOTHING_AT_HAND, registrationFromDataset
from ..registrationKind import mayBeDeformable
from ..study import EMPTY_STUDY
from .telling import centersByFrame, failedFile, filesOf, frameNames, remark, studyOf


def addArguments(parser: argparse.ArgumentParser) -> None:
    """What `ihero inspect` takes."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="registration objects or folders")
    parser.add_argument("--data", help="folder with the images they refer to")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")


def run(arguments: argparse.Namespace) -> int:
    """Inspect each object; the status is the worst of them."""
    beside = _beside(arguments)
    told: list[Any] = []
    files, status = filesOf(arguments.paths, lambda one: _registrationsIn(one, arguments))
    for file in files:
        try:
            inspection = _inspection(file, beside, strict=arguments.strict)
            told.append(inspection.asJSON() if arguments.json else inspection.asText())
        except IHEROError as error:  # the other objects are told all the same
            status = max(status, failedFile(file, error))
            continue
        status = max(status, int(inspection.hasErrors))
    if arguments.json:
        json.dump(told, sys.stdout, indent=1)
        print()
    elif told:
        print("\n\n".join(told))
    return status


def _beside(arguments: argparse.Namespace) -> DataBeside:
    if not arguments.data:
        return DataBeside({}, {}, None, NOTHING_AT_HAND, EMPTY_STUDY)
    from ..dataFolder import dataFolder

    folder = dataFolder(Path(arguments.data))
    for note in folder.notes:
        remark(str(note), arguments)
    return DataBeside(
        frameNames(folder.series),
        centersByFrame(folder),
        {one.sopInstanceUID for one in folder.objects},
        folder.frameOfInstance,
        studyOf(folder),
    )


def _inspection(file: Path, beside: DataBeside, *, strict: bool) -> ObjectInspection:
    """The inspection of one object of either kind.

    Raises
        IHEROError: no value can be made of it.
    """
    if mayBeDeformable(file):  # costs start-up time
        from IHERODeformationLib.anyInspection import anyInspection

        return anyInspection(file, beside, strict=strict)
    dataset = datasetFromFile(file)
    registration = registrationFromDataset(
        dataset, frameOfInstance=beside.frameOfInstance, strict=strict
    )
    found = tuple(conformanceFindings(dataset, study=beside.study))
    return Inspection(file, registration, found, beside.names, beside.centers, beside.atHand)


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
