"""`ihero dose`: a dose on another frame."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

from pydicom import Dataset

from IHERODeformationLib.deformation import OutsideGrid
from IHERODeformationLib.doseDeformer import DeformedDose, datasetFromDeformedDose, deformedDose

from ..dose import Dose
from ..doseWriter import datasetFromResampledDose
from ..images import ImageSeries
from ..registeredDoseDisplay import doseOnTarget
from ..saving import saveSeries
from ..sentences import mappingSentence
from .inputs import Inputs, outsideArgument, readInputs, remark, tellNotes
from .targets import targetFrame, targetSeries


def addArguments(parser: argparse.ArgumentParser) -> None:
    """What `ihero dose` takes."""
    parser.add_argument("registrations", nargs="+", metavar="REG", help="registration objects")
    parser.add_argument("--data", required=True, help="folder with images and dose")
    parser.add_argument("--out", required=True, help="folder for the new dose")
    parser.add_argument("--dose", metavar="UID", help="SOP Instance UID of the dose")
    parser.add_argument("--to", dest="toFrame", metavar="UID", help="frame of the new dose")
    parser.add_argument("--base", metavar="UID", help="series whose axes it gets")
    outsideArgument(parser)
    parser.add_argument(
        "--spacing", type=float, metavar="MM", help="of a deformed dose, by default as the dose"
    )
    parser.add_argument(
        "--bits", type=int, choices=[16, 32], default=32, help="of a voxel of a deformed dose"
    )


def run(arguments: argparse.Namespace) -> int:
    """Make the dose and write it, labelled as what it is."""
    inputs = readInputs(arguments.registrations, arguments.data, arguments)
    dose = inputs.folderAtHand.oneDose(arguments.dose)
    frame = targetFrame(inputs, arguments.toFrame, dose.frame)
    target = targetSeries(inputs, frame, arguments.base)
    tellNotes((*dose.notes, *target.notes), arguments)
    remark(mappingSentence(dose.frame, frame, inputs.names), arguments)
    make = _deformed if inputs.deformable else _resampled
    statement, dataset = make(inputs, dose, target, arguments)
    (path,) = saveSeries([dataset], Path(arguments.out), force=arguments.force)
    print(f"{statement}\n{path}")
    return 0


def _resampled(
    inputs: Inputs, dose: Dose, target: ImageSeries, arguments: argparse.Namespace
) -> tuple[str, Dataset]:
    """Through matrices, for display."""
    made = doseOnTarget(dose, target, inputs.rigid, otherPatientConfirmed=arguments.otherPatientOK)
    _tellMaxima(dose, float(made.volume.values.max()), arguments)
    description = f"{made.kind} dose on {target.modality}"
    return made.statement, datasetFromResampledDose(made, description, created=datetime.now())


def _deformed(
    inputs: Inputs, dose: Dose, target: ImageSeries, arguments: argparse.Namespace
) -> tuple[str, Dataset]:
    """Through a deformation."""
    made = deformedDose(
        dose,
        target,
        inputs.registrations,
        spacing=arguments.spacing,
        outsideGrid=OutsideGrid(arguments.outside),
        otherPatientConfirmed=arguments.otherPatientOK,
    )
    written = datasetFromDeformedDose(
        made,
        f"Dose deformed to {target.modality}",
        created=datetime.now(),
        bits=arguments.bits,
        otherPatientConfirmed=arguments.otherPatientOK,
    )
    _tellMaxima(dose, float(made.volume.values.max()), arguments)
    for sentence in _sentences(made):
        remark(sentence, arguments)
    for finding in written.findings:
        remark(str(finding), arguments)
    return made.statement, written.dataset


def _sentences(made: DeformedDose) -> list[str]:
    """What a user has to know of the whole dose before he uses it."""
    sentences = []
    lost = made.unreached
    if lost.voxels:
        sentences.append(
            f"{100 * lost.share:.1f} % of the dose (its integral) arrives nowhere, "
            f"up to {lost.maximum:.2f} {_units(made.source)} in {lost.voxels} voxels."
        )
    folded = int(made.folded.sum())
    if folded:
        sentences.append(f"Space is folded in {folded} voxels that have a dose.")
    return sentences


def _tellMaxima(dose: Dose, after: float, arguments: argparse.Namespace) -> None:
    before = float(dose.volume.values.max())
    units = _units(dose)
    remark(f"Maximum {before:.2f} {units} before, {after:.2f} {units} after.", arguments)


def _units(dose: Dose) -> str:
    return "Gy" if dose.units == "GY" else dose.units.lower()
