"""`ihero check`: objects judged by DICOM and the IHE-RO profiles."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pydicom import Dataset
from pydicom.uid import UID

from IHERODeformationLib.anyRegistration import anyDataset
from IHERODeformationLib.deformableRegistration import (
    DEFORMABLE_SPATIAL_REGISTRATION,
    DeformableSpatialRegistration,
)
from IHERODeformationLib.deformationSentences import deformationSentences
from IHERODeformationLib.gridContent import gridContent
from IHERODeformationLib.reader import deformableRegistrationFromDataset

from ..errors import IHEROError, MalformedObjectError
from ..exitStatus import REFUSED
from ..fileHeader import isDICOMFile
from ..profiles.selection import (
    PROFILES,
    conformanceFindings,
    defaultProfiles,
    rulesFor,
    sopClassOf,
)
from ..reader import registrationFromDataset
from ..registration import SPATIAL_REGISTRATION
from ..report import CheckedObject, findingsAsJSON, findingsAsText, findingsPage
from ..rules import Role, Severity
from ..saving import isUnfinished, saveText
from ..sentences import itemSentences
from ..study import Study
from .telling import failedFile, filesOf, remark, studyOf


def addArguments(parser: argparse.ArgumentParser) -> None:
    """What `ihero check` takes."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="objects, or folders of them")
    parser.add_argument("--profile", default="", help=f"of {','.join(PROFILES)}; several by comma")
    parser.add_argument("--role", choices=[one.value for one in Role], default=Role.CONSUMER.value)
    parser.add_argument("--data", help="folder with the other objects of the patient")
    parser.add_argument(
        "--write-normalized",
        metavar="FILE",
        dest="normalized",
        help="write a copy of the one deformable registration in the form of DRRO",
    )
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="one JSON document on standard output")
    output.add_argument("--html", metavar="FILE", help="one page to write")


def run(arguments: argparse.Namespace) -> int:
    """Judge each object; the status is the worst of them."""
    names = _profileNames(arguments.profile)
    role = Role(arguments.role)
    datasets, status = _datasets(arguments)
    others: tuple[Dataset, ...] = ()
    if arguments.data:
        from ..dataFolder import dataFolder

        others = studyOf(dataFolder(Path(arguments.data))).objects
    study = Study((*(dataset for _, dataset in datasets), *others))
    checked = [_checked(path, dataset, names, role, study) for path, dataset in datasets]
    if arguments.html:
        checked = [
            replace(one, sentences=_sentences(dataset))
            for one, (_, dataset) in zip(checked, datasets, strict=True)
        ]
    if arguments.json:
        print(findingsAsJSON(checked))
    elif arguments.html:
        page = findingsPage(checked)
        print(saveText(page, Path(arguments.html), force=arguments.force))
    elif checked:
        print(findingsAsText(checked))
    for (path, dataset), one in zip(datasets, checked, strict=True):
        if any(finding.severity is Severity.ERROR for finding in one.findings):
            status = max(status, REFUSED)
        else:
            status = max(status, _applicable(path, dataset))
    if arguments.normalized:
        _writeNormalized([dataset for _, dataset in datasets], study, arguments)
    return status


def _writeNormalized(
    datasets: Sequence[Dataset], study: Study, arguments: argparse.Namespace
) -> None:
    """Write the copy of the one deformable registration, and tell what is not as it was.

    Raises
        MalformedObjectError: none was given, or several.
        NonconformantError: the copy would not be conformant; see `normalizedCopy`.
    """
    from IHERODeformationLib.normalizedCopy import normalizedCopy
    from IHERODeformationLib.writer import saveDeformableRegistration

    found = [one for one in datasets if sopClassOf(one) == DEFORMABLE_SPATIAL_REGISTRATION]
    if len(found) != 1:
        raise MalformedObjectError(
            f"expected one deformable registration to normalize, found {len(found)}"
        )
    copy = normalizedCopy(found[0], study, now=datetime.now(), strict=arguments.strict)
    path = Path(arguments.normalized)
    saved = saveDeformableRegistration(copy.dataset, path, force=arguments.force)
    for line in (*copy.told, *map(str, copy.findings), f"written: {saved}"):
        remark(line, arguments)


def _applicable(path: Path, dataset: Dataset) -> int:
    """0, or the status of a registration that no table faults but that cannot be read."""
    try:
        if sopClassOf(dataset) == SPATIAL_REGISTRATION:
            registrationFromDataset(dataset)
        elif sopClassOf(dataset) == DEFORMABLE_SPATIAL_REGISTRATION:
            deformableRegistrationFromDataset(dataset)
    except IHEROError as error:
        return failedFile(path, error)
    return 0


def _profileNames(words: str) -> tuple[str, ...]:
    names = tuple(word.strip() for word in words.split(",") if word.strip())
    for name in names:
        if name not in PROFILES:
            raise MalformedObjectError(
                f"expected profiles of {', '.join(PROFILES)}, found {name[:40]!r}"
            )
    return names


def _datasets(arguments: argparse.Namespace) -> tuple[list[tuple[Path, Dataset]], int]:
    """The objects that a table judges, and the status of those that no value could be made of.

    A file named on the command line must be one; in a folder other files and objects are passed
    over.
    """
    named = {Path(path) for path in arguments.paths}
    paths, status = filesOf(arguments.paths, _filesIn)
    found: list[tuple[Path, Dataset]] = []
    passed = 0
    for path in paths:
        try:
            dataset = anyDataset(path)
        except MalformedObjectError as error:
            if path in named or _mayBeDICOM(path):
                status = failedFile(path, error)
            else:
                passed += 1
            continue
        if rulesFor(dataset, PROFILES.values()):
            found.append((path, dataset))
        elif path in named:
            name = UID(sopClassOf(dataset)[:64]).name
            refused = MalformedObjectError(f"no table judges objects of class {name}")
            status = failedFile(path, refused)
        else:
            passed += 1
    if not found and not status:
        raise MalformedObjectError(
            f"expected objects that a table judges, found {passed} other files: "
            + ", ".join(arguments.paths)
        )
    if passed:
        remark(f"{passed} files are no objects that a table judges; passed over", arguments)
    return found, status


def _mayBeDICOM(path: Path) -> bool:
    """Whether a file that could not be read as such is DICOM, as far as one can tell."""
    try:
        return isDICOMFile(path)
    except OSError:
        return True


def _filesIn(folder: Path) -> list[Path]:
    """Every file below `folder` that was written to its end.

    Raises
        MalformedObjectError: there is none.
    """
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(map(isUnfinished, path.relative_to(folder).parts))
    )
    if not files:
        raise MalformedObjectError(f"expected files, found an empty folder: {folder}")
    return files


def _checked(
    path: Path, dataset: Dataset, names: Sequence[str], role: Role, study: Study
) -> CheckedObject:
    profiles = names or tuple(one.name for one in defaultProfiles(dataset))
    return CheckedObject(
        file=str(path),
        title=f"{UID(sopClassOf(dataset)).name.removesuffix(' Storage')} {path.name}",
        profiles=tuple(profiles),
        role=role,
        findings=tuple(conformanceFindings(dataset, names, role, study)),
    )


def _sentences(dataset: Dataset) -> tuple[str, ...]:
    """What a registration does, as far as it can be read; nothing for other objects."""
    try:
        if sopClassOf(dataset) == SPATIAL_REGISTRATION:
            rigid = registrationFromDataset(dataset)
            items = [itemSentences(rigid, item, {}, {}) for item in rigid.items]
        elif sopClassOf(dataset) == DEFORMABLE_SPATIAL_REGISTRATION:
            items = _deformationSentences(deformableRegistrationFromDataset(dataset))
        else:
            return ()
    except IHEROError as error:
        return (f"Cannot be applied: {error}",)
    return tuple(sentence for sentences in items for sentence in sentences)


def _deformationSentences(registration: DeformableSpatialRegistration) -> list[tuple[str, ...]]:
    return [
        deformationSentences(
            registration, item, {}, {}, None if item.grid is None else gridContent(item.grid)
        )
        for item in registration.items
    ]
