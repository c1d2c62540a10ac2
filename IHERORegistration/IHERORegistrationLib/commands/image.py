"""`ihero image`: an image set on the lattice of another, or a CT made axial, as a DICOM series."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

from ..derivedImages import datasetsFromResampled
from ..errors import FrameOfReferenceError, ReferenceNotFoundError
from ..images import ImageSeries
from ..registeredDisplay import registeredDisplay
from ..resampledSeries import axialSeries, imageOnBase
from ..resampling import Interpolation
from ..saving import saveSeries
from ..sentences import mappingSentence
from ..togetherRemarks import togetherRemarks
from .inputs import Inputs, readInputs, remark, tellNotes
from .targets import targetFrame, targetSeries


def addArguments(parser: argparse.ArgumentParser) -> None:
    """What `ihero image` takes."""
    parser.add_argument(
        "registrations", nargs="*", metavar="REG", help="none: make a CT axial (RO-11)"
    )
    parser.add_argument("--data", required=True, help="folder with the images")
    parser.add_argument("--out", required=True, help="folder for the new series")
    parser.add_argument("--series", metavar="UID", help="series to resample")
    parser.add_argument("--to", dest="toFrame", metavar="UID", help="frame of the new series")
    parser.add_argument("--base", metavar="UID", help="series whose lattice it gets")
    parser.add_argument(
        "--interpolation", choices=[one.value for one in Interpolation], default="linear"
    )
    parser.add_argument(
        "--outside",
        choices=["undefined", "rigid"],
        default="undefined",
        help="beyond a deformation grid; a matrix has none",
    )


def run(arguments: argparse.Namespace) -> int:
    """Resample the series and write it."""
    inputs = readInputs(arguments.registrations, arguments.data, arguments)
    if not arguments.registrations:
        return _makeAxial(inputs, arguments)
    series = _movingSeries(inputs, arguments)
    frame = targetFrame(inputs, arguments.toFrame, series.frame)
    base = targetSeries(inputs, frame, arguments.base)
    tellNotes((*series.notes, *base.notes), arguments)
    display = registeredDisplay(
        base, [series], inputs.graph, otherPatientConfirmed=arguments.otherPatientOK
    )
    image = display.image(series.seriesInstanceUID)
    interpolation = Interpolation(arguments.interpolation)
    remark(mappingSentence(series.frame, base.frame, inputs.names), arguments)
    for doubt in togetherRemarks(base, series):
        remark(doubt, arguments)
    resampled = imageOnBase(image, base, inputs.rigidOnly, interpolation)
    datasets = datasetsFromResampled(
        resampled,
        f"{series.description or series.modality} on {base.description or base.modality}",
        created=datetime.now(),
    )
    saveSeries(datasets, Path(arguments.out), force=arguments.force)
    outside = 100 * float(resampled.outside.mean())
    remark(f"{outside:.1f} % of the voxels lie outside the original: padding", arguments)
    print(f"{len(datasets)} images in {arguments.out}")
    return 0


def _makeAxial(inputs: Inputs, arguments: argparse.Namespace) -> int:
    """Without a registration: the series in its own frame on axial slices (RO-11)."""
    series = inputs.folderAtHand.oneSeries(arguments.series, arguments.toFrame)
    tellNotes(series.notes, arguments)
    interpolation = Interpolation(arguments.interpolation)
    datasets = axialSeries(series, created=datetime.now(), interpolation=interpolation)
    saveSeries(datasets, Path(arguments.out), force=arguments.force)
    print(f"{len(datasets)} axial images in {arguments.out}")
    return 0


def _movingSeries(inputs: Inputs, arguments: argparse.Namespace) -> ImageSeries:
    """The series asked for, else the only one in a frame other than the target's that is
    connected to it.
    """
    folder = inputs.folderAtHand
    if arguments.series:
        return folder.oneSeries(arguments.series)
    targets = {arguments.toFrame} if arguments.toFrame else set()
    targets = targets or {one.registeredFrame for one in inputs.registrations}
    if len(targets) > 1:
        raise FrameOfReferenceError(
            f"several frames are possible, choose one with --to: {', '.join(sorted(targets))}"
        )
    frames = {frame for target in targets for frame in inputs.graph.connectedTo(target)} - targets
    if len(frames) == 1:
        return folder.oneSeries(frame=min(frames))
    movable = [one for one in folder.series if one.frame in frames]
    if len(movable) == 1:
        return movable[0]
    named = ", ".join(f"{one.modality} {one.seriesInstanceUID}" for one in movable) or "none"
    raise ReferenceNotFoundError(
        f"expected one image series to resample in {arguments.data}, found {named}: choose with "
        "--series"
    )
