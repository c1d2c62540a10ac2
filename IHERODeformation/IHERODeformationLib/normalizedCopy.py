"""A copy of a Deformable Spatial Registration in the form that DRRO wants, by algebra alone.

What the object does not say is not made up: methods, image lists that nobody can complete and
matrices that are not rigid refuse the copy. A label and a description that are missing say that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydicom import Dataset
from pydicom.config import disable_value_validation

from IHERORegistrationLib.exportFindings import exportFindings
from IHERORegistrationLib.macros import text
from IHERORegistrationLib.profiles.selection import conformanceFindings
from IHERORegistrationLib.references import InstanceReference, SeriesReference
from IHERORegistrationLib.registration import allNotes
from IHERORegistrationLib.rules import Finding, Role
from IHERORegistrationLib.study import Study

from .deformableRegistration import DeformableRegistrationItem, DeformableSpatialRegistration
from .reader import deformableRegistrationFromDataset
from .writer import datasetFromDeformableRegistration

NO_LABEL = "NORMALIZED"
NO_DESCRIPTION = "Normalized copy of an object without a description"
PROFILES = ("DICOM", "DRRO")


@dataclass(frozen=True, eq=False)
class NormalizedCopy:
    """The new object, what was repaired or put in another form, line by line, and what it leaves
    open as its producer.
    """

    dataset: Dataset
    told: tuple[str, ...]
    findings: tuple[Finding, ...]


def normalizedCopy(
    dataset: Dataset, study: Study, *, now: datetime, strict: bool = False
) -> NormalizedCopy:
    """`dataset` in DRRO's form: the same map, patient, study and content date; its own UID and
    series, made `now` by this program.

    Items without an image list get the images of their frame in `study` where those are of one
    series. The vectors stay where they are. It is saved by `saveDeformableRegistration`.

    Raises
        MalformedRegistrationError, FrameOfReferenceError, NotInvertibleError: see the reader.
        NonconformantError: the copy would break the profile by what the object does not say.
        NotRigidError: a matrix is not rigid.

    Source
        RO supplement DRRO 1.2.11, 7.4.15.1; PS3.3 C.20.3.1.1
    """
    registration = deformableRegistrationFromDataset(dataset, strict=strict)
    told = [f"read with a repair: {note}" for note in allNotes(registration) if note.repaired]
    named = _named(registration, told)
    listed = _withSeries(_withImages(named, study, told), study)
    with disable_value_validation():  # the findings say what is wrong, better than an exception
        before = conformanceFindings(dataset, PROFILES, Role.PRODUCER, study)
        made = datasetFromDeformableRegistration(
            listed, dataset, created=_contentTime(dataset) or now
        )
        made.InstanceCreationDate = now.strftime("%Y%m%d")
        made.InstanceCreationTime = now.strftime("%H%M%S")
        found = exportFindings(made, "DRRO", study, dataset)
    told += _mended(before, found)
    told.append(f"new SOP Instance UID {made.SOPInstanceUID}, was {registration.sopInstanceUID}")
    return NormalizedCopy(made, tuple(told), found)


def _named(
    registration: DeformableSpatialRegistration, told: list[str]
) -> DeformableSpatialRegistration:
    """With a label that is a Code String and a description."""
    label = re.sub("[^A-Z0-9 _]", "_", registration.label.upper())[:16].strip() or NO_LABEL
    if label != registration.label:
        told.append(f"ContentLabel: {label}, was {registration.label or 'none'}")
    description = registration.description or NO_DESCRIPTION
    if description != registration.description:
        told.append(f"ContentDescription: {description}, was none")
    return replace(registration, label=label, description=description)


def _withImages(
    registration: DeformableSpatialRegistration, study: Study, told: list[str]
) -> DeformableSpatialRegistration:
    """With the images of its frame for each item that lists none, and a registered item."""
    items = registration.items
    if not registration.registeredItems:
        items = (DeformableRegistrationItem(0, registration.registeredFrame, ()), *items)
    made = []
    for item in items:
        images = item.images or _onlySeries(study.imagesInFrame.get(item.sourceFrame, ()))
        if images and not item.images:
            told.append(f"ReferencedImageSequence: {len(images)} images of {item.sourceFrame}")
        made.append(replace(item, images=images))
    return replace(registration, items=tuple(made))


def _onlySeries(images: Sequence[Dataset]) -> tuple[InstanceReference, ...]:
    """References to `images` if they are of one series, and were not derived from others."""
    originals = [one for one in images if "SourceInstanceSequence" not in one]
    if len({text(one, "SeriesInstanceUID") for one in originals}) != 1:
        return ()
    return tuple(
        InstanceReference(text(one, "SOPClassUID"), text(one, "SOPInstanceUID"))
        for one in originals
    )


def _withSeries(
    registration: DeformableSpatialRegistration, study: Study
) -> DeformableSpatialRegistration:
    """With every referenced image in its study and series, as far as that is at hand; others stay
    where they are listed.
    """
    grouped: dict[tuple[str, str], dict[str, InstanceReference]] = {}
    listed: set[str] = set()
    for series in registration.series:
        stated = series.studyInstanceUID, series.seriesInstanceUID
        for one in series:
            listed.add(one.sopInstanceUID)
            grouped.setdefault(_home(one, study) or stated, {})[one.sopInstanceUID] = one
    for item in registration.items:
        for image in item.images:
            home = _home(image, study)
            if image.sopInstanceUID not in listed and home is not None:
                grouped.setdefault(home, {})[image.sopInstanceUID] = image
    made = (SeriesReference(*key, tuple(images.values())) for key, images in grouped.items())
    return replace(registration, series=tuple(made))


def _home(image: InstanceReference, study: Study) -> tuple[str, str] | None:
    """Study and series of an image at hand."""
    there = study.instances.get(image.sopInstanceUID)
    if there is None:
        return None
    return text(there, "StudyInstanceUID"), text(there, "SeriesInstanceUID")


def _contentTime(dataset: Dataset) -> datetime | None:
    """When the content was made; None where the object does not tell."""
    stamp = text(dataset, "ContentDate") + text(dataset, "ContentTime")[:6]
    try:
        return datetime.strptime(stamp, "%Y%m%d%H%M%S")
    except ValueError:
        return None


def _mended(before: Sequence[Finding], after: Sequence[Finding]) -> list[str]:
    """What was wrong before and is not any more, each thing once."""
    left = {(one.rule.code, one.location) for one in after}
    mended = {
        (one.location, one.message): f"mended: {one.location}: {one.message} [{one.rule.code}]"
        for one in reversed(before)
        if (one.rule.code, one.location) not in left
    }
    return list(reversed(mended.values()))
