"""`ihero dose`: a dose on another frame."""

from __future__ import annotations

import argparse
import csv
import io
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pydicom import Dataset

from IHERODeformationLib.deformation import OutsideGrid
from IHERODeformationLib.doseDeformer import DeformedDose, datasetFromDeformedDose, deformedDose
from IHERODeformationLib.doseReport import DoseReport, doseReport

from ..dose import Dose
from ..doseWriter import datasetFromResampledDose
from ..errors import MalformedObjectError
from ..images import ImageSeries
from ..registeredDoseDisplay import doseOnTarget
from ..saving import saveSeries, saveText
from ..sentences import frameName, mappingSentence
from ..structures import StructureSet
from .inputs import Inputs, inverseArgument, outsideArgument, readingArgument, readInputs
from .targets import targetFrame, targetSeries
from .telling import remark, tellNotes


def addArguments(parser: argparse.ArgumentParser) -> None:
    """What `ihero dose` takes."""
    parser.add_argument("registrations", nargs="+", metavar="REG", help="registration objects")
    parser.add_argument("--data", required=True, help="folder with images and dose")
    parser.add_argument("--out", required=True, help="folder for the new dose")
    parser.add_argument("--dose", metavar="UID", help="SOP Instance UID of the dose")
    parser.add_argument("--to", dest="toFrame", metavar="UID", help="frame of the new dose")
    parser.add_argument("--base", metavar="UID", help="series whose axes it gets")
    outsideArgument(parser)
    inverseArgument(parser)
    readingArgument(parser)
    parser.add_argument("--spacing", type=float, metavar="MM", help="of a deformed dose, 3 at most")
    parser.add_argument(
        "--report", metavar="FILE", help="what structures get before and after, .json or .csv"
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
    before, after = float(dose.volume.values.max()), float(made.volume.values.max())
    remark(f"Maximum {before:.2f} Gy before, {after:.2f} Gy after.", arguments)
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
        numericalInverse=arguments.inverse,
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
    report = _report(inputs, made, arguments)
    for sentence in replace(report, structures=(), leftOut=()).sentences:
        remark(sentence, arguments)
    if arguments.report:
        remark(f"{len(report.structures)} structures: {arguments.report}", arguments)
    for finding in written.findings:
        remark(str(finding), arguments)
    return made.statement, written.dataset


def _report(inputs: Inputs, made: DeformedDose, arguments: argparse.Namespace) -> DoseReport:
    """What became of the dose, in structures too where a report is to be written: on either side
    in the only set that is drawn there.
    """
    if not arguments.report:
        return doseReport(made)
    path = Path(arguments.report)
    if path.suffix not in (".json", ".csv"):
        raise MalformedObjectError(f"expected a report .json or .csv, found {path.name!r}")
    before, after = (
        _onlySet(inputs, frame, arguments) for frame in (made.source.frame, made.target.frame)
    )
    report = doseReport(made, before=before, after=after)
    text = io.StringIO()
    if path.suffix == ".json":
        json.dump(report.asJSON(), text, indent=1)
    else:
        csv.writer(text, lineterminator="\n").writerows(report.rows())
    saveText(text.getvalue(), path, force=arguments.force)
    return report


def _onlySet(inputs: Inputs, frame: str, arguments: argparse.Namespace) -> StructureSet | None:
    sets = [one for one in inputs.folderAtHand.structureSets if one.frame == frame]
    if len(sets) == 1:
        return sets[0]
    name = frameName(frame, inputs.names)
    remark(f"No structures are reported for {name}: {len(sets)} sets lie there.", arguments)
    return None
