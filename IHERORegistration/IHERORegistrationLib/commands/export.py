"""`ihero export`: a transform made elsewhere becomes a registration object."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

from ..codes import METHODS_BY_NAME
from ..dataFolder import dataFolder
from ..errors import MalformedObjectError
from ..geometry import AffineTransform
from ..images import ImageSeries
from ..profiles.selection import PROFILES
from ..registrator import Alignment, registrationObject
from ..samePatient import patientRemark, requireSamePatient
from ..saving import saveDataset
from ..sentences import mappingSentence, motionSentence
from ..togetherRemarks import togetherRemarks
from ..transformFiles import Maps, movingToFixedFromFile
from .inputs import frameNames, remark, tellNotes

NEWEST = "MMRO-III"


def addArguments(parser: argparse.ArgumentParser) -> None:
    """What `ihero export` takes."""
    parser.add_argument("transform", metavar="TRANSFORM", help="matrix text, ITK .tfm or .h5")
    parser.add_argument("--fixed", required=True, help="folder of the registered image series")
    parser.add_argument("--moving", required=True, help="folder of the image series it maps")
    parser.add_argument("--label", required=True, help="content label: A-Z 0-9 space _, 16 at most")
    parser.add_argument("--description", required=True)
    parser.add_argument("--method", required=True, choices=sorted(METHODS_BY_NAME))
    parser.add_argument("--profile", default=NEWEST, choices=sorted(PROFILES))
    parser.add_argument("--maps", choices=[maps.value for maps in Maps], help="of a matrix in text")
    parser.add_argument("--spacing", type=float, metavar="MM", help="of a deformation grid")
    parser.add_argument("--out", required=True, help="file to write")


def run(arguments: argparse.Namespace) -> int:
    """Write the object, having said what it maps onto what."""
    path = dicomPath(arguments.out)
    maps = Maps(arguments.maps) if arguments.maps else None
    matrix = movingToFixedFromFile(Path(arguments.transform), maps)
    fixed, moving = theSeries(arguments.fixed), theSeries(arguments.moving)
    tellNotes((*fixed.notes, *moving.notes), arguments)
    confirmed = arguments.otherPatientOK
    requireSamePatient(fixed.patient, moving.patient, "the moving series", confirmed=confirmed)
    names = {**frameNames([moving]), **frameNames([fixed])}
    print(mappingSentence(moving.frame, fixed.frame, names))
    print(motionSentence(matrix, moving.lattice.center), flush=True)
    if arguments.spacing is not None:
        remark("--spacing is for deformation grids; a matrix has none", arguments)
    for doubt in togetherRemarks(fixed, moving):
        remark(doubt, arguments)
    alignment = Alignment(
        moving=moving,
        movingToFixed=AffineTransform(matrix, moving.frame, fixed.frame),
        label=arguments.label,
        description=arguments.description,
        method=METHODS_BY_NAME[arguments.method],
        comment=patientRemark(fixed.patient, moving.patient),
    )
    made = registrationObject(
        fixed,
        alignment,
        profile=arguments.profile,
        created=datetime.now(),
        otherPatientConfirmed=confirmed,
    )
    for finding in made.findings:
        remark(str(finding), arguments)
    print(saveDataset(made.dataset, path, force=arguments.force))
    return 0


def theSeries(folder: str) -> ImageSeries:
    """The only image series in a folder.

    Raises
        ReferenceNotFoundError: there is none or there are several; lists them.
    """
    return dataFolder(Path(folder)).oneSeries()


def dicomPath(out: str) -> Path:
    """The path of a DICOM file to write.

    Raises
        MalformedObjectError: the name does not end in .dcm.
    """
    path = Path(out)
    if path.suffix != ".dcm":
        raise MalformedObjectError(f"expected a file name that ends in .dcm, found {path.name!r}")
    return path
