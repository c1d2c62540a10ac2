"""Files appear whole or not at all, and never replace another unless asked."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from pydicom import Dataset, dcmwrite

from .errors import FileExistsRefusal, IHEROError

UNFINISHED = ".unfinished-"  # what names begin with until a file or series is whole


class SavingError(IHEROError):
    """The file could not be written; nothing of it is left behind."""


def isUnfinished(name: str) -> bool:
    """Whether a file or folder of this name is one that somebody is writing, or that was never
    finished because the program was killed.
    """
    return name.startswith(UNFINISHED)


def saveWhole(
    path: Path, write: Callable[[BinaryIO], object], *, force: bool = False, size: int = 0
) -> Path:
    """Let `write` fill a temporary file beside `path`, then move it there in one step.

    Makes the folder. Returns `path`. Where the `size` in bytes of a large file is known, its space
    is reserved first: a full disk shows at once, and much is written in two thirds of the time.

    Raises
        FileExistsRefusal: `path` exists and `force` is not set.
        SavingError: the folder or file cannot be written, or the disk is full.
    """
    _requireFree(path, force)
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=UNFINISHED)
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            _reserve(descriptor, size)
            write(file)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        raise SavingError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    return path


def saveDataset(dataset: Dataset, path: Path, *, force: bool = False) -> Path:
    """Write a DICOM file as `path`, with file meta information. See `saveWhole`."""
    return saveWhole(
        path, lambda file: dcmwrite(file, dataset, enforce_file_format=True), force=force
    )


def saveSeries(datasets: Sequence[Dataset], folder: Path, *, force: bool = False) -> list[Path]:
    """Write DICOM files as 0001.dcm, 0002.dcm … in `folder`: all of them, or none.

    They are first written beside their place. A new folder then appears in one step; in one that
    is there the files are moved when the last one is whole. Returns their paths.

    Raises
        FileExistsRefusal: one of the files exists and `force` is not set.
        SavingError: a file cannot be written, or the disk is full.
    """
    paths = [folder / f"{number:04d}.dcm" for number in range(1, len(datasets) + 1)]
    for path in paths:
        _requireFree(path, force)
    with savedTogether(folder, force=force) as unfinished:
        for dataset, path in zip(datasets, paths, strict=True):
            saveDataset(dataset, unfinished / path.name)
    return paths


@contextlib.contextmanager
def savedTogether(folder: Path, *, force: bool = False) -> Iterator[Path]:
    """What is written to the folder that it gives, also into folders there, comes into `folder`
    when the context ends: all of it, or, if the context ends with an error, nothing.

    A new folder appears in one step; in one that is there the files are moved when the last one is
    whole.

    Raises
        FileExistsRefusal: one of the files exists and `force` is not set.
        SavingError: a file cannot be written, or the disk is full.
    """
    isNew = not os.path.lexists(folder)
    beside = folder.parent if isNew else folder
    try:
        beside.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=beside, prefix=UNFINISHED) as name:
            unfinished = Path(name, "whole")
            unfinished.mkdir()
            try:
                yield unfinished
            except SavingError as error:  # it names a place of which nobody knows
                told = str(error).replace(str(unfinished), str(folder))
                raise SavingError(told) from error
            if isNew:
                unfinished.rename(folder)
            else:
                _moveAll(unfinished, folder, force)
    except OSError as error:
        raise SavingError(f"cannot write {folder}: {error.strerror or error}") from error


def saveText(text: str, path: Path, *, force: bool = False) -> Path:
    """Write `text` as UTF-8 to `path`. See `saveWhole`."""
    return saveWhole(path, lambda file: file.write(text.encode("utf-8")), force=force)


def _reserve(descriptor: int, size: int) -> None:
    """Take `size` bytes on the disk, where its file system can."""
    if size and hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(descriptor, 0, size)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):
                raise


def _requireFree(path: Path, force: bool) -> None:
    """Raise if something is at `path` that may not be replaced."""
    if os.path.lexists(path) and not force:
        raise FileExistsRefusal(f"{path} exists; --force overwrites it")
    if os.path.exists(path) and not os.path.isfile(path):
        raise SavingError(f"cannot write {path}: it is no file")


def _moveAll(source: Path, folder: Path, force: bool) -> None:
    """Move what lies in `source` to `folder`; if that stops midway, all is as before."""
    files = sorted(one.relative_to(source) for one in source.rglob("*") if one.is_file())
    for name in files:
        _requireFree(folder / name, force)
    old = source.with_name("replaced")
    made: list[Path] = []
    begun: list[Path] = []
    try:
        for name in files:
            _makeFolder(folder / name.parent, made)
            (old / name).parent.mkdir(parents=True, exist_ok=True)
            begun.append(name)
            if os.path.lexists(folder / name):
                os.replace(folder / name, old / name)
            os.replace(source / name, folder / name)
    except BaseException:
        for name in begun:
            if os.path.lexists(old / name):
                os.replace(old / name, folder / name)
            elif not os.path.lexists(source / name):
                (folder / name).unlink()
        for one in reversed(made):
            one.rmdir()
        raise


def _makeFolder(folder: Path, made: list[Path]) -> None:
    """And those above it; each that was not there comes into `made`."""
    if not folder.exists():
        _makeFolder(folder.parent, made)
        folder.mkdir()
        made.append(folder)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
