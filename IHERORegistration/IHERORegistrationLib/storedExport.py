"""Where what was made goes: a folder, Slicer's DICOM database, or both; whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .databaseSeries import requireOpen
from .errors import FileExistsRefusal, ReferenceNotFoundError
from .exportProposal import ExportedObject, ExportTask
from .saving import SavingError


@dataclass(frozen=True)
class StoredExport:
    """What was written: the `files` where they lie for good, and the instances in them.

    `isInDatabase` is whether the DICOM database has them.
    """

    kind: str
    sopInstanceUIDs: tuple[str, ...]
    seriesInstanceUID: str
    files: tuple[Path, ...]
    isInDatabase: bool


def storedExport(
    task: ExportTask, made: ExportedObject, *, folder: Path | None, database: Any, scratch: Path
) -> StoredExport:
    """Write what was `made` of `task` to `folder`, and add it to `database`, a ctkDICOMDatabase;
    None for either leaves it out. The database keeps copies of its own; `scratch` is a folder where
    they are until it has them.

    Raises
        ReferenceNotFoundError: the database is closed; or neither was given.
        FileExistsRefusal, SavingError: a file cannot be written; nothing of it is left behind, nor
        in the other place.
    """
    uids = tuple(str(one.SOPInstanceUID) for one in made.datasets)
    if folder is None and database is None:
        raise ReferenceNotFoundError("choose the DICOM database or a folder to write to")
    if database is not None:
        requireOpen(database)
        _requireNew(database, uids)
    with ExitStack() as undo:
        files: list[Path] = []
        if folder is not None:
            files = task.save(made, folder)
            undo.callback(takeBack, files, folder)
        if database is not None:
            files = _added(task, made, database, scratch, files)
        undo.pop_all()
    return StoredExport(
        kind=task.form.kind,
        sopInstanceUIDs=uids,
        seriesInstanceUID=str(made.datasets[0].SeriesInstanceUID),
        files=tuple(files),
        isInDatabase=database is not None,
    )


def _added(
    task: ExportTask, made: ExportedObject, database: Any, scratch: Path, written: Sequence[Path]
) -> list[Path]:
    """`written`, or where nothing was the files of the database, which has all of them now."""
    with tempfile.TemporaryDirectory(dir=_existing(scratch)) as name:
        for file in written or task.save(made, Path(name)):
            database.insert(str(file), True, False)  # a copy, without a thumbnail
        database.updateDisplayedFields()  # else the browser shows, and others hear, nothing of it
        found = [database.fileForInstance(str(one.SOPInstanceUID)) for one in made.datasets]
        if not all(found):
            for uid in {str(one.SeriesInstanceUID) for one in made.datasets}:
                database.removeSeries(uid)
            raise SavingError(
                f"the DICOM database took {sum(map(bool, found))} of {len(found)} files: is its "
                "folder full or read-only?"
            )
    return list(written) or [Path(one) for one in found]


def _requireNew(database: Any, uids: Sequence[str]) -> None:
    known = [uid for uid in uids if database.fileForInstance(uid)]
    if known:
        raise FileExistsRefusal(f"it is in the DICOM database already: {known[0]}")


def _existing(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SavingError(f"cannot write {folder}: {error.strerror or error}") from error
    return folder


def takeBack(files: Sequence[Path], folder: Path) -> None:
    """Take back what was written to `folder`; a series has a folder of its own in it."""
    for file in files:
        file.unlink(missing_ok=True)
    for own in {file.parent for file in files} - {folder}:
        own.rmdir()
