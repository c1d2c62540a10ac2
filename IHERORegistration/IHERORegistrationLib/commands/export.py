"""`ihero export`: a transform made elsewhere becomes a registration object."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

import numpy as np

from IHERODeformationLib.fieldContent import FieldContent
from IHERODeformationLib.fieldFiles import FORMATS, fieldFormat

from ..codes import METHODS_BY_NAME
from ..dataFolder import dataFolder
from ..errors import MalformedObjectError
from ..geometry import AffineTransform, inverted
from ..images import ImageSeries
from ..profiles.selection import PROFILES
from ..registrator import Alignment, registrationObject
from ..samePatient import patientRemark, requireSamePatient
from ..saving import saveDataset
from ..sentences import mappingSentence, motionSentence
from ..togetherRemarks import togetherRemarks
from ..transformFiles import Maps, movingToFixedFromFile, requireProper
from .exportedDeformation import FORMS, exportDeformation
from .inputs import readInputs
from .telling import frameNames, remark, tellNotes

NEWEST = "MMRO-III"
OF_DEFORMATIONS = ("DRRO",)  # profiles that know no Spatial Registration


def addArguments(parser: argparse.ArgumentParser) -> None:
    """What `ihero export` takes."""
    parser.add_argument(
        "transform",
        metavar="TRANSFORM",
        help="matrix text, ITK .tfm or .h5, displacement field .mha, .nrrd, .nii(.gz) or .bdf, "
        "transform parameters of elastix, B-spline of plastimatch",
    )
    parser.add_argument("--fixed", required=True, help="folder of the registered image series")
    parser.add_argument("--moving", required=True, help="folder of the image series it maps")
    parser.add_argument("--label", required=True, help="content label: A-Z 0-9 space _, 16 at most")
    parser.add_argument("--description", required=True)
    parser.add_argument("--method", required=True, choices=sorted(METHODS_BY_NAME))
    parser.add_argument("--profile", choices=sorted(PROFILES), help=f"{NEWEST} or DRRO, by kind")
    parser.add_argument("--maps", choices=[maps.value for maps in Maps], help="of a matrix in text")
    parser.add_argument(
        "--field", choices=sorted(FORMATS), help="format of a field, where its file cannot tell it"
    )
    parser.add_argument(
        "--start",
        metavar="FILE",
        help="what had brought the moving image onto the fixed one before the transform was "
        "found: a Spatial Registration, or a linear transform file of ITK or elastix",
    )
    parser.add_argument("--spacing", type=_length, metavar="MM", help="of the nodes: sample at it")
    parser.add_argument(
        "--error", type=_length, metavar="MM", help="most that sampling may cost; default 0.1"
    )
    parser.add_argument(
        "--within-frame-ok",
        action="store_true",
        dest="withinFrameOK",
        help="both images lie in one frame, which is deformed in itself: a distortion corrected",
    )
    parser.add_argument("--form", choices=sorted(FORMS), default="drro", help="for other readers")
    parser.add_argument("--out", required=True, help="file to write")


def run(arguments: argparse.Namespace) -> int:
    """Write the object, having said what it maps onto what."""
    path, transform = dicomPath(arguments.out), Path(arguments.transform)
    kind = fieldFormat(transform, arguments.field)
    maps = Maps(arguments.maps) if arguments.maps else None
    if kind is None:
        matrix = movingToFixedFromFile(transform, maps)
    elif maps is Maps.MOVING_TO_FIXED:
        raise MalformedObjectError(
            f"files of the format {kind.name} map fixed to moving points, not {maps}: {transform}"
        )
    fixed, moving = theSeries(arguments.fixed), theSeries(arguments.moving)
    tellNotes((*fixed.notes, *moving.notes), arguments)
    confirmed = arguments.otherPatientOK
    requireSamePatient(fixed.patient, moving.patient, "the moving series", confirmed=confirmed)
    if kind is None:
        step = AffineTransform(inverted(matrix), fixed.frame, moving.frame)
        content = FieldContent((step,))
    else:
        content = kind.read(transform, fixed.lattice)
    content = _started(content, fixed, moving, arguments)
    if not content.isLinear:
        return exportDeformation(content, fixed, moving, path, arguments)
    if kind is not None or arguments.start:
        requireProper(content.matrix, transform)
        matrix = inverted(content.matrix)
    return _exportMatrix(matrix, fixed, moving, path, arguments)


def _started(
    content: FieldContent, fixed: ImageSeries, moving: ImageSeries, arguments: argparse.Namespace
) -> FieldContent:
    """`content`, whose points of the moving image are still where `--start` had brought them."""
    if arguments.start is None:
        return content
    path = Path(arguments.start)
    kind = fieldFormat(path)
    if kind is None:
        motions = _motions(path, fixed, moving, arguments)
    else:
        start = kind.read(path, fixed.lattice)
        if not start.isLinear:
            raise MalformedObjectError(f"expected a matrix as start, found a deformation: {path}")
        requireProper(start.matrix, path)
        motions = (AffineTransform(start.matrix, fixed.frame, moving.frame),)
    return FieldContent((*content.steps, *motions), content.remarks, content.assumption)


def _motions(
    path: Path, fixed: ImageSeries, moving: ImageSeries, arguments: argparse.Namespace
) -> tuple[AffineTransform, ...]:
    """What takes points of the fixed image to the moving one by a Spatial Registration."""
    inputs = readInputs([str(path)], None, arguments)
    start = inputs.rigidOnly[0]
    confirmed = arguments.otherPatientOK
    requireSamePatient(fixed.patient, start.patient, "the start", confirmed=confirmed)
    chain = inputs.graph.path(fixed.frame, moving.frame)
    return tuple(one for one in chain.transforms if isinstance(one, AffineTransform))


def _exportMatrix(
    matrix: np.ndarray,
    fixed: ImageSeries,
    moving: ImageSeries,
    path: Path,
    arguments: argparse.Namespace,
) -> int:
    """Write what takes moving points to fixed ones, shape (4, 4), as Spatial Registration."""
    profile = arguments.profile or NEWEST
    if profile in OF_DEFORMATIONS or arguments.form != "drro":
        asked = f"--profile {profile}" if profile in OF_DEFORMATIONS else f"--form {arguments.form}"
        raise MalformedObjectError(f"{asked} is for deformations; expected one, found a matrix")
    names = {**frameNames([moving]), **frameNames([fixed])}
    print(mappingSentence(moving.frame, fixed.frame, names))
    print(motionSentence(matrix, moving.lattice.center), flush=True)
    for option in ("spacing", "error"):
        if getattr(arguments, option) is not None:
            remark(f"--{option} is for deformation grids; a matrix has none", arguments)
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
        profile=profile,
        created=datetime.now(),
        otherPatientConfirmed=arguments.otherPatientOK,
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


def _length(text: str) -> float:
    """A positive length in mm."""
    try:
        length = float(text)
    except ValueError:
        length = -1.0
    if not 0 < length < np.inf:
        raise argparse.ArgumentTypeError(f"expected a positive length in mm, found {text!r}")
    return length
