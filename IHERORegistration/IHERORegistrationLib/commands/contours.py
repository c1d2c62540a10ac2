"""`ihero contours`: a structure set on another image set."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

from ..carriedStructure import CarriedStructure
from ..registeredContourer import structureSetOnTarget
from ..saving import saveSeries
from ..sentences import mappingSentence
from .inputs import readInputs, remark, tellNotes
from .targets import targetFrame, targetSeries

LONGEST_LABEL = 16


def addArguments(parser: argparse.ArgumentParser) -> None:
    """What `ihero contours` takes."""
    parser.add_argument("registrations", nargs="+", metavar="REG", help="registration objects")
    parser.add_argument("--data", required=True, help="folder with images and structure set")
    parser.add_argument("--out", required=True, help="folder for the new structure set")
    parser.add_argument("--structures", metavar="UID", help="SOP Instance UID of the set to carry")
    parser.add_argument("--to", dest="toFrame", metavar="UID", help="frame to carry it to")
    parser.add_argument("--base", metavar="UID", help="series whose slices it is drawn on")
    parser.add_argument("--label", help="of the new set, 16 characters at most")


def run(arguments: argparse.Namespace) -> int:
    """Carry the structures and write them."""
    inputs = readInputs(arguments.registrations, arguments.data, arguments)
    source = inputs.folderAtHand.oneStructureSet(arguments.structures)
    frame = targetFrame(inputs, arguments.toFrame, source.frame)
    target = targetSeries(inputs, frame, arguments.base)
    tellNotes((*source.notes, *target.notes), arguments)
    remark(mappingSentence(source.frame, frame, inputs.names), arguments)
    carried = structureSetOnTarget(
        source,
        target,
        inputs.rigidOnly,
        label=arguments.label or f"{source.label} {target.modality}"[-LONGEST_LABEL:],
        created=datetime.now(),
        otherPatientConfirmed=arguments.otherPatientOK,
    )
    (path,) = saveSeries([carried.dataset], Path(arguments.out), force=arguments.force)
    for note in carried.notes:
        remark(str(note), arguments)
    for finding in carried.findings:
        remark(str(finding), arguments)
    print("\n".join(map(_line, carried.structures)))
    print(path)
    return 0


def _line(one: CarriedStructure) -> str:
    """The structure's name and what became of its volume."""
    name = f"{one.structure.name:20}"
    if one.before is None or one.after is None:
        return f"{name} {len(one.structure.contours)} points or open contours"
    change = f"{100 * (one.after / one.before - 1):+.1f} %" if one.before else "was empty"
    lost = f", {100 * one.outside:.0f} % on no image" if one.outside else ""
    return f"{name} {one.before:9.2f} cm³ → {one.after:9.2f} cm³ ({change}){lost}"
