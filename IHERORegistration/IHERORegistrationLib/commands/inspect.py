"""`ihero inspect`: what registrations map where."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from IHERODeformationLib.anyRegistration import AnyRegistration, storedRegistration
from IHERODeformationLib.inspection import DeformableInspection, mayBeRead

from ..errors import IHEROError, MalformedObjectError
from ..inspection import Inspection, ObjectInspection
from ..profiles.selection import conformanceFindings
from ..reader import NOTHING_AT_HAND
from ..registration import SpatialRegistration
from ..rules import Finding
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
    told: list[Any] = []
    files, status = filesOf(arguments.paths, lambda one: _registrationsIn(one, arguments))
    for file in files:
        try:
            stored = storedRegistration(file, frameOfInstance=frames, strict=arguments.strict)
            one = stored.registration
            few = mayBeRead(one)
            found = tuple(conformanceFindings(stored.dataset, study=study, vectors=few))
            inspection = _inspection(file, one, found, names, centers, atHand)
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


def _inspection(
    file: Path,
    registration: AnyRegistration,
    findings: tuple[Finding, ...],
    names: Mapping[str, str],
    centers: Mapping[str, np.ndarray],
    atHand: Collection[str] | None,
) -> ObjectInspection:
    if isinstance(registration, SpatialRegistration):
        return Inspection(file, registration, findings, names, centers, atHand)
    return DeformableInspection(file, registration, findings, names, centers, atHand)


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
