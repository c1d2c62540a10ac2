"""What a user is told of structure sets, doses, fiducials and images made through a registration
before they are loaded: told by their headers, without contours, dose grids and pixels.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pydicom import Dataset
from pydicom.uid import DeformableSpatialRegistrationStorage, SpatialRegistrationStorage

from .codes import DEFORMED_FOR_REGISTRATION, SPATIAL_RESAMPLING
from .doseGrid import doseGrid
from .errors import MalformedObjectError
from .fiducials import SpatialFiducials
from .macros import codeFromItem, spelledDate, text
from .objectReading import reading
from .offer import Offer, madeLine, offered
from .sentences import frameName, seriesName
from .structureSetReader import drawnSeries

REGISTRATIONS = (SpatialRegistrationStorage, DeformableSpatialRegistrationStorage)
MOST_NAMES = 8  # of structures in a tool tip
KINDS_OF_DOSE = {  # by Spatial Transform of Dose, PS3.3 C.8.8.3
    "RIGID": "Moved dose",
    "NON_RIGID": "Deformed dose",
}


def structureSetOffer(header: Dataset, names: Mapping[str, str], atHand: Collection[str]) -> Offer:
    """The offer to load a structure set, of which `header` is what comes before its contours:
    “Structure set: PROSTATE on CT “Planning””.

    `names` are by frame; `atHand` holds the SOP Instance UIDs of the images that can be loaded.

    Raises
        MalformedObjectError: it lists no structures.
    """
    with reading("the structure set"):
        items = list(header.get("StructureSetROISequence") or ())
        if not items:
            raise MalformedObjectError("expected structures, found no StructureSetROISequence")
        referenced = [one.sopInstanceUID for series in drawnSeries(header) for one in series]
        structures = [text(item, "ROIName") for item in items]
        frames = [text(item, "ReferencedFrameOfReferenceUID") for item in items]
        listed = header.get("ReferencedFrameOfReferenceSequence") or ()
        frames += [text(item, "FrameOfReferenceUID") for item in listed]
        label = text(header, "StructureSetLabel")
        kind = "Carried structure set" if _madeThroughRegistration(header) else "Structure set"
        told = _toldOf(header, "StructureSetName", "StructureSetDescription")
        made = madeLine(text(header, "Manufacturer"), spelledDate(text(header, "StructureSetDate")))
    more = len(structures) - MOST_NAMES
    spelled = ", ".join(structures[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
    where = ", ".join(dict.fromkeys(frameName(one, names) for one in frames if one))
    remarks = [] if referenced else ["It names no images"]
    return offered(
        f"{kind}: {label or 'no label'}{f' on {where}' if where else ''}",
        (told, f"{len(structures)} structures: {spelled}", made),
        tuple(dict.fromkeys(referenced)),
        atHand,
        remarks=remarks,
    )


def doseOffer(
    header: Dataset,
    names: Mapping[str, str],
    atHand: Collection[str],
    planLabel: str,
    images: tuple[str, ...],
) -> Offer:
    """The offer to load a dose, of which `header` is what comes before its pixels: “Dose: Plan
    “Prostate 70” on CT “Planning””. `images` are those that the plan was made on.

    Raises
        MalformedObjectError: it has no grid, or one that makes no lattice.
    """
    with reading("the dose"):
        grid = doseGrid(header)
        units = text(header, "DoseUnits")
        summation = text(header, "DoseSummationType").replace("_", " ").capitalize()
        kind = KINDS_OF_DOSE.get(text(header, "SpatialTransformOfDose"), "Dose")
        where = frameName(text(header, "FrameOfReferenceUID"), names)
        told = _toldOf(header, "SeriesDescription", "DoseComment")
        made = madeLine(text(header, "Manufacturer"), "")
    di, dj, dk = grid.lattice.spacing
    what = seriesName(summation or "Dose", planLabel)
    return offered(
        f"{kind}: {what} on {where}",
        (told, f"{grid.frames} frames, voxels of {di:.3g} × {dj:.3g} × {dk:.3g} mm", made),
        images,
        atHand,
        grid.notes,
        [] if units == "GY" else [f"Its values are in {units or 'no unit'}, not in GY"],
    )


def fiducialsOffer(
    fiducials: SpatialFiducials, names: Mapping[str, str], atHand: Collection[str]
) -> Offer:
    """The offer to load Spatial Fiducials: “Fiducials: 6 on CT “Planning”, 6 on MR “T1””."""
    counted = []
    for one in fiducials.sets:
        known = [image.sopInstanceUID for image in one.images]
        where = frameName(one.frame, names) if one.frame else f"{len(known)} images"
        counted.append(f"{len(one.fiducials)} on {where}")
    lost = fiducials.countWithoutPoints
    return offered(
        f"Fiducials: {', '.join(counted)}",
        (
            ": ".join(filter(None, (fiducials.label, fiducials.description))),
            madeLine("", spelledDate(fiducials.contentDate)),
        ),
        referencedByFiducials(fiducials),
        atHand,
        fiducials.notes,
        (f"Not loaded, as they have no point in a Frame of Reference: {lost}",) if lost else (),
    )


def referencedByFiducials(fiducials: SpatialFiducials) -> tuple[str, ...]:
    """SOP Instance UIDs of all images that the object names, each once."""
    used = [image.sopInstanceUID for one in fiducials.sets for image in one.images]
    listed = [image.sopInstanceUID for series in fiducials.series for image in series]
    return tuple(dict.fromkeys(used + listed))


def madeImageOffer(header: Dataset, names: Mapping[str, str], sourceName: str) -> Offer:
    """The offer to load images that were made through a registration, of which `header` is that of
    one: “Deformed image: MR “T1” onto CT “Planning””. `names` are those of other images by frame;
    `sourceName` says what they were made of, "" where that is not at hand.
    """
    with reading("the images"):
        isDeformed = DEFORMED_FOR_REGISTRATION in _derivations(header)
        own = seriesName(text(header, "Modality"), text(header, "SeriesDescription"))
        onto = names.get(text(header, "FrameOfReferenceUID"), "")
        how = text(header, "DerivationDescription")
        by = text(header, "Manufacturer")
    kind = "Deformed image" if isDeformed else "Resampled image"
    name = f"{kind}: {sourceName or own}{f' onto {onto}' if onto else ''}"
    return offered(name, (own, how, madeLine(by, "")), (), ())


def isMadeThroughRegistration(header: Dataset) -> bool:
    """Whether images say of themselves that they were deformed, or resampled through a
    registration that they name.

    Source
        DICOM PS3.3 C.7.6.1.1.3, C.12.4.1; IHE-RO TF-1 5.6.3 and supplement DRRO 7.4.2.5
    """
    with reading("the images"):
        derivations = _derivations(header)
        if DEFORMED_FOR_REGISTRATION in derivations:
            return True
        return SPATIAL_RESAMPLING in derivations and _madeThroughRegistration(header)


def _derivations(header: Dataset) -> list:
    return [codeFromItem(item) for item in header.get("DerivationCodeSequence") or ()]


def _madeThroughRegistration(header: Dataset) -> bool:
    sources = header.get("SourceInstanceSequence") or ()
    return any(text(item, "ReferencedSOPClassUID") in REGISTRATIONS for item in sources)


def _toldOf(header: Dataset, *keywords: str) -> str:
    return ": ".join(filter(None, (text(header, keyword) for keyword in keywords)))
