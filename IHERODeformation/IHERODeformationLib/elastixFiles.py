"""Transform parameter files of elastix: fixed → moving, LPS mm."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.geometry import AffineTransform
from IHERORegistrationLib.itkTransformFiles import matrixOf

from .fieldContent import FIXED, MOVING, FieldContent
from .oneGrid import Step
from .splineStep import splineStep

LARGEST_FILE = 1 << 28  # bytes of text
LONGEST_CHAIN = 20  # files, one starting from the other
NOTHING = "NoInitialTransform"
# Newer and older name of what a file starts from
STARTS = ("InitialTransformParameterFileName", "InitialTransformParametersFileName")


def isElastix(path: Path, beginning: bytes) -> bool:
    """Whether the file has a line (Transform "…") near its beginning."""
    return re.search(rb'^\s*\(Transform\s+"', beginning, re.MULTILINE) is not None


def fieldFromElastix(path: Path) -> FieldContent:
    """TransformParameters.N.txt with what it starts from, files in the same folder.

    Raises
        MalformedObjectError: a file is missing, truncated, of another kind than those of READERS,
        not 3-D, or without direction cosines, so that its coordinates are not the patient's.

    Source
        elastix manual, “Transform” and “How to combine transforms”; its numbers were compared with
        elastix 5
    """
    files = _chain(path)
    steps: tuple[Step, ...] = ()
    for file in reversed(files):
        step = _step(file)
        way = file.text("HowToCombineTransforms", "Compose")
        if not steps or way == "Compose":
            steps = (*steps, step)
        elif way == "Add":
            steps = (_Added(steps, step),)
        else:
            raise file.expected("HowToCombineTransforms Compose or Add", way)
    return FieldContent(steps)


@dataclass(frozen=True, eq=False)
class _Added:
    """Adds the displacements of `last` to those of `before`, both taken at the same point."""

    before: tuple[Step, ...]
    last: Step

    def __call__(self, points: np.ndarray) -> np.ndarray:
        there = points
        for step in self.before:
            there = step(there)
        return there + self.last(points) - points


@dataclass(frozen=True)
class _File:
    """What lines (Name value …) say, by name."""

    path: Path
    values: dict[str, list[str]]

    def expected(self, what: str, found: object) -> MalformedObjectError:
        return MalformedObjectError(f"expected {what}, found {found}: {self.path}")

    def text(self, name: str, default: str | None = None) -> str:
        words = self.values.get(name, [] if default is None else [default])
        if len(words) != 1:
            raise self.expected(f"one value of {name}", len(words))
        return words[0]

    def numbers(self, name: str, count: int) -> np.ndarray:
        words = self.values.get(name, [])
        if len(words) != count:
            raise self.expected(f"{count} numbers of {name}", len(words))
        try:
            numbers = np.array(words, dtype=float)
        except ValueError:
            raise self.expected(f"numbers of {name}", "text") from None
        if not np.isfinite(numbers).all():
            raise self.expected(f"finite numbers of {name}", "others")
        return numbers

    def whole(self, name: str, count: int) -> list[int]:
        numbers = self.numbers(name, count)
        if not (np.array_equal(numbers, np.rint(numbers)) and numbers.max() < 1 << 20):
            raise self.expected(f"whole numbers of {name}", " ".join(self.values[name]))
        return [int(one) for one in numbers]


def _chain(path: Path) -> list[_File]:
    """The file, the one that it starts from, and so on."""
    files = [_read(path)]
    while True:
        last = files[-1]
        named = [last.text(name) for name in STARTS if name in last.values]
        if not named or named[0] == NOTHING:
            return files
        # Where elastix ran is not here: the name counts, in the folder of the file
        name = re.split(r"[\\/]", named[0])[-1]
        start = path.parent / name
        if not name or name in (".", "..") or not start.is_file():
            raise last.expected("the transform it starts from beside the file", f"no {name!r}")
        if len(files) == LONGEST_CHAIN or any(start.samefile(one.path) for one in files):
            raise last.expected("a start that leads to an end", "one that does not")
        files.append(_read(start))


def _read(path: Path) -> _File:
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise MalformedObjectError(f"expected a text file, found {size} bytes: {path}")
        content = path.read_text("utf-8", "replace")
    except OSError as error:
        raise MalformedObjectError(f"cannot read {path}: {error.strerror or error}") from error
    values: dict[str, list[str]] = {}
    for line in content.splitlines():
        line = line.strip()
        if not line or line.startswith("//"):
            continue
        found = re.fullmatch(r"\((\w+)((?:\s+(?:\"[^\"]*\"|[^\s\"()]+))*)\s*\)(?:\s*//.*)?", line)
        if found is None or found[1] in values:
            raise MalformedObjectError(
                f"truncated or no elastix file: expected lines (Name value …), each name once, "
                f"found {line[:40]!r}: {path}"
            )
        words = re.findall(r"\"([^\"]*)\"|([^\s\"()]+)", found[2])
        values[found[1]] = [quoted or plain for quoted, plain in words]
    return _File(path, values)


def _step(file: _File) -> Step:
    kind = file.text("Transform")
    if kind not in READERS:
        raise file.expected(f"one of {', '.join(READERS)}", kind)
    for name in ("FixedImageDimension", "MovingImageDimension"):
        if file.text(name, "3") != "3":
            raise file.expected("a 3-D transform", f"{name} {file.text(name)}")
    if file.text("UseDirectionCosines", "true") != "true":
        raise file.expected("the patient's axes", "UseDirectionCosines false")
    if file.text("UseBinaryFormatForTransformationParameters", "false") != "false":
        raise file.expected("parameters in the file itself", "a binary file of them")
    try:
        return READERS[kind](file)
    except MalformedObjectError as error:
        message = str(error)
        if str(file.path) in message:
            raise
        raise file.expected(message.removeprefix("expected "), kind) from None


def _parameters(file: _File, count: int) -> list[float]:
    numbers = file.numbers("TransformParameters", count)
    declared = file.whole("NumberOfParameters", 1)[0]
    if declared != count:
        raise file.expected(f"{count} parameters", f"NumberOfParameters {declared}")
    return [float(one) for one in numbers]


def _linear(kind: str, count: int) -> Callable[[_File], Step]:
    def read(file: _File) -> Step:
        import SimpleITK as sitk

        made = getattr(sitk, kind)(3) if kind in _SIZED else getattr(sitk, kind)()
        if kind != "TranslationTransform":
            made.SetCenter(file.numbers("CenterOfRotationPoint", 3).tolist())
        if kind == "Euler3DTransform":
            made.SetComputeZYX(file.text("ComputeZYX", "false") == "true")
        made.SetParameters(_parameters(file, count))
        return AffineTransform(matrixOf(made), FIXED, MOVING)

    return read


_SIZED = ("TranslationTransform", "AffineTransform")


def _spline(file: _File) -> Step:
    if file.text("UseCyclicTransform", "false") != "false":
        raise file.expected("a spline that is not cyclic", "UseCyclicTransform")
    size = file.whole("GridSize", 3)
    first = file.numbers("GridIndex", 3) if "GridIndex" in file.values else np.zeros(3)
    directions = file.numbers("GridDirection", 9).reshape(3, 3).T  # one column after the other
    spacing = file.numbers("GridSpacing", 3)
    origin = file.numbers("GridOrigin", 3) + directions @ (spacing * first)
    order = file.whole("BSplineTransformSplineOrder", 1)[0]
    count = 3 * size[0] * size[1] * size[2]
    return splineStep(order, size, origin, directions, spacing, _parameters(file, count))


# fmt: off
READERS: dict[str, Callable[[_File], Step]] = {
    "TranslationTransform":      _linear("TranslationTransform", 3),
    "EulerTransform":            _linear("Euler3DTransform", 6),
    "SimilarityTransform":       _linear("Similarity3DTransform", 7),
    "AffineTransform":           _linear("AffineTransform", 12),
    "BSplineTransform":          _spline,
    "RecursiveBSplineTransform": _spline,
}
# fmt: on
