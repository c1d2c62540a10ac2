"""`ihero image`: an image set on the lattice of another, or a CT made axial, as a DICOM series."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

from IHERODeformationLib.deformation import OutsideGrid
from IHERODeformationLib.frameWays import registrationGraph, registrationWay
from IHERODeformationLib.imageDeformer import DeformedSeries, correctedSeries, deformedSeries

from ..derivedImages import countFactor, datasetsFromResampled
from ..errors import FrameOfReferenceError, ReferenceNotFoundError
from ..images import ImageSeries
from ..registeredDisplay import registeredDisplay
from ..resampledSeries import axialSeries, imageOnBase
from ..resampling import Interpolation
from ..saving import saveSeries
from ..sentences import mappingSentence, percentage
from ..togetherRemarks import togetherRemarks
from .inputs import Inputs, inverseArgument, outsideArgument, readingArgument, readInputs
from .targets import targetFrame, targetSeries
from .telling import remark, tellNotes


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
    outsideArgument(parser)
    inverseArgument(parser)
    readingArgument(parser)
    parser.add_argument(
        "--correct-distortion",
        action="store_true",
        dest="correct",
        help="deform the series on its own lattice, by a field that is meant for that",
    )


def run(arguments: argparse.Namespace) -> int:
    """Resample the series and write it."""
    inputs = readInputs(arguments.registrations, arguments.data, arguments)
    if not arguments.registrations:
        return _makeAxial(inputs, arguments)
    if arguments.correct:
        return _correct(inputs, arguments)
    series = _movingSeries(inputs, arguments)
    frame = targetFrame(inputs, arguments.toFrame, series.frame)
    base = targetSeries(inputs, frame, arguments.base)
    tellNotes((*series.notes, *base.notes), arguments)
    remark(mappingSentence(series.frame, base.frame, inputs.names), arguments)
    for doubt in togetherRemarks(base, series):
        remark(doubt, arguments)
    factor = countFactor(series, base.lattice)
    if factor != 1:
        remark(f"Counts are multiplied by {factor:.4g}, the ratio of voxel volumes.", arguments)
    if inputs.deformable:
        return _deform(inputs, series, base, arguments)
    return _resample(inputs, series, base, arguments)


def _resample(
    inputs: Inputs, series: ImageSeries, base: ImageSeries, arguments: argparse.Namespace
) -> int:
    """Through matrices."""
    display = registeredDisplay(
        base, [series], inputs.graph, otherPatientConfirmed=arguments.otherPatientOK
    )
    image = display.image(series.seriesInstanceUID)
    resampled = imageOnBase(image, base, inputs.rigid, Interpolation(arguments.interpolation))
    datasets = datasetsFromResampled(
        resampled,
        f"{series.description or series.modality} on {base.description or base.modality}",
        created=datetime.now(),
    )
    saveSeries(datasets, Path(arguments.out), force=arguments.force)
    outside = percentage(resampled.outside.mean())
    remark(f"{outside} of the voxels lie outside the original: padding", arguments)
    print(f"{len(datasets)} images in {arguments.out}")
    return 0


def _deform(
    inputs: Inputs, series: ImageSeries, base: ImageSeries, arguments: argparse.Namespace
) -> int:
    """Through a deformation, or through one and matrices."""
    way = registrationWay(
        inputs.registrations,
        base.frame,
        series.frame,
        numericalInverse=arguments.inverse,
        outsideGrid=OutsideGrid(arguments.outside),
    )
    made = deformedSeries(
        series,
        base,
        way,
        inputs.registrations,
        created=datetime.now(),
        interpolation=Interpolation(arguments.interpolation),
        otherPatientConfirmed=arguments.otherPatientOK,
    )
    return _store(made, arguments)


def _correct(inputs: Inputs, arguments: argparse.Namespace) -> int:
    """A series on its own lattice, by the one registration given."""
    series = inputs.folderAtHand.oneSeries(arguments.series)
    tellNotes(series.notes, arguments)
    if len(inputs.deformable) != 1 or inputs.rigid:
        raise ReferenceNotFoundError(
            "expected one deformable registration to correct distortion by, found "
            f"{len(inputs.deformable)} and {len(inputs.rigid)} rigid ones"
        )
    made = correctedSeries(
        series,
        inputs.deformable[0],
        created=datetime.now(),
        interpolation=Interpolation(arguments.interpolation),
        outsideGrid=OutsideGrid(arguments.outside),
        sameFrameConfirmed=True,
        otherFieldConfirmed=arguments.otherPatientOK,
    )
    remark(f"The corrected images lie in frame {made.datasets[0].FrameOfReferenceUID}.", arguments)
    return _store(made, arguments)


def _store(made: DeformedSeries, arguments: argparse.Namespace) -> int:
    saveSeries(list(made.datasets), Path(arguments.out), force=arguments.force)
    for count, why in (
        (made.undefined, "have no value because the registration says nothing there"),
        (made.outside, "lie outside the original"),
    ):
        remark(f"{percentage(count / made.voxels)} of the voxels {why}: padding", arguments)
    for finding in made.findings:
        remark(str(finding), arguments)
    print(f"{len(made.datasets)} images in {arguments.out}")
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
    if not frames:
        raise FrameOfReferenceError(_whyNone(inputs, min(targets)))
    movable = [one for one in folder.series if one.frame in frames]
    if len(movable) == 1:
        return movable[0]
    named = ", ".join(f"{one.modality} {one.seriesInstanceUID}" for one in movable) or "none"
    raise ReferenceNotFoundError(
        f"expected one image series to resample in {arguments.data}, found {named}: choose with "
        "--series"
    )


def _whyNone(inputs: Inputs, frame: str) -> str:
    """Why nothing leads images into `frame`."""
    against = registrationGraph(inputs.registrations, numericalInverse=True).connectedTo(frame)
    if against:
        return (
            f"expected a registration that brings images into frame {frame}, found only the way "
            "against a deformation: it brings images from its source frame into its registered "
            "one; better a second registration made the other way"
        )
    for one in inputs.deformable:
        if one.selfMappingItems:
            return (
                f"registration {one.sopInstanceUID} deforms a frame within itself, as corrections "
                "of distortion do: expected --correct-distortion"
            )
    return f"expected a registration that brings images into frame {frame}, found none"
