"""`ihero dose`: a dose on another frame, for display."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

from ..doseWriter import datasetFromResampledDose
from ..registeredDoseDisplay import doseOnTarget
from ..saving import saveSeries
from ..sentences import mappingSentence
from .inputs import readInputs, remark, tellNotes
from .targets import targetFrame, targetSeries


def addArguments(parser: argparse.ArgumentParser) -> None:
    """What `ihero dose` takes."""
    parser.add_argument("registrations", nargs="+", metavar="REG", help="registration objects")
    parser.add_argument("--data", required=True, help="folder with images and dose")
    parser.add_argument("--out", required=True, help="folder for the new dose")
    parser.add_argument("--dose", metavar="UID", help="SOP Instance UID of the dose")
    parser.add_argument("--to", dest="toFrame", metavar="UID", help="frame of the new dose")
    parser.add_argument("--base", metavar="UID", help="series whose axes it gets")


def run(arguments: argparse.Namespace) -> int:
    """Resample the dose and write it, labelled as what it is."""
    inputs = readInputs(arguments.registrations, arguments.data, arguments)
    dose = inputs.folderAtHand.oneDose(arguments.dose)
    frame = targetFrame(inputs, arguments.toFrame, dose.frame)
    target = targetSeries(inputs, frame, arguments.base)
    tellNotes((*dose.notes, *target.notes), arguments)
    resampled = doseOnTarget(
        dose, target, inputs.rigidOnly, otherPatientConfirmed=arguments.otherPatientOK
    )
    remark(mappingSentence(dose.frame, frame, inputs.names), arguments)
    dataset = datasetFromResampledDose(
        resampled, f"{resampled.kind} dose on {target.modality}", created=datetime.now()
    )
    (path,) = saveSeries([dataset], Path(arguments.out), force=arguments.force)
    before, after = float(dose.volume.values.max()), float(resampled.volume.values.max())
    remark(f"Maximum {before:.2f} Gy before, {after:.2f} Gy after.", arguments)
    print(f"{resampled.statement}\n{path}")
    return 0
