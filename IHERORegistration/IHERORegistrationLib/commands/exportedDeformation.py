"""`ihero export` of what is no matrix: a Deformable Spatial Registration."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

from IHERODeformationLib.deformableRegistrator import (
    DeformableAlignment,
    deformableRegistrationObject,
)
from IHERODeformationLib.deformationSentences import contentSentence, gridSentence
from IHERODeformationLib.fieldContent import FieldContent, ImportedDeformation, importedDeformation
from IHERODeformationLib.gridContent import gridContent
from IHERODeformationLib.importRemarks import importRemarks
from IHERODeformationLib.sampledDeformation import LARGEST_ERROR
from IHERODeformationLib.writer import DeformationForm, saveDeformableRegistration

from ..codes import METHODS_BY_NAME
from ..errors import MalformedObjectError
from ..geometry import isIdentity
from ..images import ImageSeries
from ..sentences import mappingSentence, motionSentence
from ..togetherRemarks import togetherRemarks
from .telling import frameNames, remark

PROFILES = ("DRRO", "DICOM")  # those that know Deformable Spatial Registrations
FORMS = {
    "drro": DeformationForm.DRRO,
    "one-item": DeformationForm.ONE_ITEM,
    "one-grid": DeformationForm.ONE_GRID,
}


def exportDeformation(
    content: FieldContent,
    fixed: ImageSeries,
    moving: ImageSeries,
    path: Path,
    arguments: argparse.Namespace,
) -> int:
    """Write `content`, fixed → moving, having said what it does and what it cost."""
    profile = _profile(arguments)
    made = importedDeformation(
        content,
        fixed.lattice,
        fixed.frame,
        moving.frame,
        error=arguments.error or LARGEST_ERROR,
        spacing=arguments.spacing,
    )
    _tell(content, made, fixed, moving, arguments)
    alignment = DeformableAlignment(
        moving=moving,
        fixedToMoving=made.sampled.transform,
        label=arguments.label,
        description=arguments.description,
        method=METHODS_BY_NAME[arguments.method],
        comment=content.assumption,
    )
    result = deformableRegistrationObject(
        fixed,
        alignment,
        profile=profile,
        created=datetime.now(),
        form=FORMS[arguments.form],
        otherPatientConfirmed=arguments.otherPatientOK,
        withinFrameConfirmed=arguments.withinFrameOK,
    )
    for finding in result.findings:
        remark(str(finding), arguments)
    print(saveDeformableRegistration(result.dataset, path, force=arguments.force))
    return 0


def _profile(arguments: argparse.Namespace) -> str:
    profile = arguments.profile or PROFILES[0]
    if profile not in PROFILES:
        raise MalformedObjectError(
            f"--profile {profile} is for matrices; expected {' or '.join(PROFILES)} for a "
            "deformation"
        )
    return profile


def _tell(
    content: FieldContent,
    made: ImportedDeformation,
    fixed: ImageSeries,
    moving: ImageSeries,
    arguments: argparse.Namespace,
) -> None:
    """What maps onto what, and how well."""
    transform = made.sampled.transform
    names = {**frameNames([moving]), **frameNames([fixed])}
    print(mappingSentence(fixed.frame, moving.frame, names))
    print(gridSentence(transform.grid))
    print(contentSentence(gridContent(transform.grid)), flush=True)
    if not isIdentity(transform.affine):
        motion = motionSentence(transform.affine, fixed.lattice.center)
        print(f"Beside the vectors: {motion[0].lower()}{motion[1:]}", flush=True)
    doubts = (*importRemarks(content, made, fixed.lattice), *togetherRemarks(fixed, moving))
    for doubt in doubts:
        remark(doubt, arguments)
