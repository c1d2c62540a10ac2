"""Resampled CT, MR and PET images as DICOM objects: one data set per slice, one new series."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from pydicom import Dataset
from pydicom.config import disable_value_validation
from pydicom.uid import generate_uid

from .codes import DEFORMED_FOR_REGISTRATION, SPATIAL_RESAMPLING, Code
from .decimalStrings import decimalString
from .derivedAttributes import copyImageAttributes, copySeriesAttributes
from .derivedLineage import Lineage, addEquipment
from .errors import FrameOfReferenceError, NonconformantError
from .frames import Transform
from .header import newObject, setCharacterSet
from .imageClasses import SINGLE_FRAME_IMAGES
from .images import ImageSeries
from .lattice import Lattice, Volume
from .macros import itemFromCode, text
from .references import SeriesReference
from .samePatient import patientRemark
from .storedPixels import PixelCoding, addPixels, pixelCoding

PER_VOXEL_UNITS = frozenset({"CNTS", "CPS", "PROPCNTS", "PROPCPS"})  # not per volume
SEVERAL_TIMES = frozenset({"GATED", "DYNAMIC"})
REACH = {"nearest": 1.0, "linear": 1.0, "cubic": 2.0}  # slices on either side that take part
LONGEST_LO, LONGEST_ST = 64, 1024  # characters
SAMPLES = 17  # points along each edge of a slice whose sources are looked up
DIGITS = 12  # behind the point, of what floating point makes of a cosine or a spacing
SMOOTH = 1e-6  # slices by which the sources of points in a row differ from a straight line, at most
SECONDARY_PET = frozenset({"DRRO"})  # profiles that want of PET what DICOM forbids


@dataclass(frozen=True, eq=False)
class ResampledImage:
    """What is to be written: `volume` in the frame of `target`, and how it came about.

    `outside`, bool of the shape of the values, is true where `source` has no value; what is NaN
    counts as outside too. `undefined`, of the same shape or a single False, is true where the
    transform leads nowhere. `transform` maps points of the volume's frame to the frame of `source`;
    `registrations` are the objects it was taken from. `target` gives the Patient Position and
    names the frame; it is `source` itself where a series is resampled on its own lattice, be it
    that this lies in another frame. `interpolation` is nearest, linear or cubic. `derivation` is
    how the image came about and `remarks` are sentences on it. `profile` decides where a profile
    and DICOM contradict each other.
    """

    volume: Volume
    outside: np.ndarray
    source: ImageSeries
    target: ImageSeries
    transform: Transform
    interpolation: str
    registrations: tuple[SeriesReference, ...] = ()
    undefined: np.ndarray = field(default_factory=lambda: np.zeros((), bool))
    derivation: Code = SPATIAL_RESAMPLING
    remarks: tuple[str, ...] = ()
    profile: str = ""


def datasetsFromResampled(
    image: ResampledImage, description: str, *, created: datetime
) -> list[Dataset]:
    """The series, first slice first; `description` is its Series Description.

    Study, patient, dates and acquisition are those of the source; frame, geometry and Patient
    Position those of the target. Values are rounded; voxels that have none hold Pixel Padding
    Value. PET in counts is scaled by the ratio of voxel volumes.

    Raises
        NonconformantError: the source is multi-frame, gated or dynamic.
        FrameOfReferenceError: volume, target and transform do not lie in one frame.

    Source
        DICOM PS3.3 C.7.6.1, C.12.4.1; IHE-RO TF-1 5.6.3 (MMRO-IMG-003, MMRO-IMG-004)
    """
    _requireWritable(image)
    values = image.volume.values
    factor = countFactor(image.source, image.volume.lattice)
    if factor != 1:
        values = values * factor
    outside = image.outside | image.undefined | np.isnan(values)
    rescaled = any(one.slope != 1 or one.intercept for one in image.source.slices)
    padding = image.source.padding
    coding = pixelCoding(values, outside, image.source.modality, padding, rescaled)
    lineage = Lineage(image.source, image.registrations)
    made = []
    with disable_value_validation():
        header = _seriesHeader(image, description, created)
        header.DerivationDescription = _derivation(image, outside, coding, factor)
        for k in range(len(values)):
            dataset = _slice(header, image, k, lineage)
            addPixels(dataset, coding, values[k], outside[k])
            made.append(dataset)
    return made


def axialLattice(series: ImageSeries) -> Lattice:
    """The lattice on which RO-11 wants a single CT series: axial, isotropic in the slice, evenly
    spaced, covering `series`.

    Rows run to the left and columns to the back for a supine patient, the other way round for a
    prone one. Pixels are as small as the smallest of the series, slices as far apart as its own.
    """
    prone = text(series.headers[0], "PatientPosition") in ("HFP", "FFP")
    directions = np.diag([-1.0, -1.0, 1.0] if prone else [1.0, 1.0, 1.0])
    old = series.lattice
    pixel = float(old.spacing[:2].min())
    spacing = np.array([pixel, pixel, old.spacing[2]])
    corners = old.corners @ directions
    start, end = corners.min(axis=0), corners.max(axis=0)
    size = np.ceil((end - start) / spacing - 1e-6).astype(int) + 1
    ni, nj, nk = map(int, size)
    return Lattice.fromAxes((ni, nj, nk), directions @ start, directions, spacing)


def _requireWritable(image: ResampledImage) -> None:
    source, frame = image.source, image.volume.frame
    if source.sopClassUID not in SINGLE_FRAME_IMAGES:
        raise NonconformantError(
            f"series {source.seriesInstanceUID} is multi-frame; resampled images are written of "
            "single-frame CT, MR and PET only",
            (),
        )
    kinds = SEVERAL_TIMES.intersection(source.headers[0].get("SeriesType") or ())
    if kinds:
        raise NonconformantError(
            f"series {source.seriesInstanceUID} is {min(kinds)}: one resampled volume cannot "
            "stand for several times",
            (),
        )
    ends = (image.transform.fromFrame, image.transform.toFrame)
    if (frame != image.target.frame and image.target is not source) or ends != (
        frame,
        source.frame,
    ):
        raise FrameOfReferenceError(
            f"expected a volume in {image.target.frame} and a transform from there to "
            f"{source.frame}, found a volume in {frame} and a transform from {ends[0]} to {ends[1]}"
        )


def countFactor(source: ImageSeries, lattice: Lattice) -> float:
    """What a value per voxel of `source` is multiplied by on `lattice`: the new voxel's volume over
    the old one's; 1 for values that do not depend on the size of voxels.
    """
    if text(source.headers[0], "Units") not in PER_VOXEL_UNITS:
        return 1.0
    return float(np.prod(lattice.spacing) / np.prod(source.lattice.spacing))


def _derivation(
    image: ResampledImage, outside: np.ndarray, coding: PixelCoding, factor: float
) -> str:
    """Derivation Description, at most 1024 characters (ST)."""
    matrices = len(image.registrations)
    how = f"through {matrices} registration(s)" if matrices else "within its Frame of Reference"
    what = "Deformed" if image.derivation == DEFORMED_FOR_REGISTRATION else "Resampled"
    words = f"{what} {how}, {image.interpolation} interpolation, rounded to the nearest value."
    undefined = int(image.undefined.sum())
    for count, where in (
        (undefined, "where the registration is undefined"),
        (int(outside.sum()) - undefined, "outside the source"),
    ):
        if count:
            words += f" {count} voxels of the series {where} hold {coding.padding}."
    if factor != 1:
        words += f" Counts multiplied by {factor:.6g}, the ratio of voxel volumes."
    remark = patientRemark(image.source.patient, image.target.patient)
    said = [f"{remark.capitalize()}."] if remark else []
    return " ".join([words, *said, *image.remarks])[:LONGEST_ST]


def _seriesHeader(image: ResampledImage, description: str, created: datetime) -> Dataset:
    """What all slices have in common."""
    source, base = image.source, image.target.headers[0]
    first, modality = source.headers[0], source.modality
    dataset = newObject(
        first, source.sopClassUID, modality, created=created, frame=image.volume.frame
    )
    if image.volume.frame == image.target.frame:
        dataset.PositionReferenceIndicator = base.get("PositionReferenceIndicator") or ""
    dataset.SeriesDescription = description[:LONGEST_LO]
    copySeriesAttributes(dataset, first, modality)
    if modality == "PT":
        dataset.NumberOfSlices = image.volume.lattice.size[2]
    else:  # PET says it with codes, and must not say it twice (C.7.3.1.1.2)
        dataset.PatientPosition = base.get("PatientPosition") or ""
    dataset.DerivationCodeSequence = [itemFromCode(image.derivation)]
    addEquipment(dataset, first)
    return dataset


def _slice(header: Dataset, image: ResampledImage, k: int, lineage: Lineage) -> Dataset:
    """The data set of slice `k` without pixels."""
    source, where = image.source, _whereInSource(image, k)
    dataset = copy.deepcopy(header)
    dataset.SOPInstanceUID = generate_uid(prefix=None)
    dataset.InstanceNumber = k + 1
    if source.modality == "PT":
        dataset.ImageIndex = k + 1
    nearest = _nearest(source, where)
    acquired = source.slices[nearest].header
    copyImageAttributes(dataset, acquired, source.modality)
    dataset.ImageType = _imageType(source.modality, acquired, image.profile)
    _addGeometry(dataset, image.volume.lattice, k)
    setCharacterSet(dataset)
    used = _used(source, where, REACH[image.interpolation])
    if image.derivation == DEFORMED_FOR_REGISTRATION:  # every image names a source (DRRO 7.4.2.5)
        used = used or [nearest]  # which at least gave the acquisition
    lineage.addTo(dataset, used)
    return dataset


def _nearest(source: ImageSeries, where: np.ndarray) -> int:
    """Number of the slice that the middle of a slice comes from, or where that is unknown most of
    the rest; the first where nothing is known.
    """
    known = where[np.isfinite(where)]
    if not known.size:
        return 0
    middle = where[SAMPLES // 2, SAMPLES // 2]
    index = middle if np.isfinite(middle) else np.median(known)
    return int(np.argmin(np.abs(source.sliceIndices - index)))


def _used(source: ImageSeries, where: np.ndarray, reach: float) -> list[int]:
    """Numbers of the slices that take part, `reach` slices around each point of `where`; some more
    where these do not lie on a plane, for what lies between them.
    """
    known = where[np.isfinite(where)]
    if not known.size:
        return []
    bends = np.abs(np.concatenate([np.diff(where, 2, axis).ravel() for axis in (0, 1)]))
    bend = np.max(bends, where=np.isfinite(bends), initial=0)
    reach += bend if bend > SMOOTH else 0
    near = (source.sliceIndices > known.min() - reach) & (source.sliceIndices < known.max() + reach)
    return list(map(int, np.flatnonzero(near)))


def _imageType(modality: str, header: Dataset, profile: str) -> list[str]:
    """CT and MR are SECONDARY; PET has no such value (PS3.3 C.8.9.4.1.1), but DRRO wants it."""
    if modality == "PT":
        return ["DERIVED", "SECONDARY" if profile in SECONDARY_PET else "PRIMARY"]
    third = list(header.get("ImageType") or ())[2:3]
    return ["DERIVED", "SECONDARY", "AXIAL" if modality == "CT" else (third or ["OTHER"])[0]]


def _addGeometry(dataset: Dataset, lattice: Lattice, k: int) -> None:
    origin = lattice.sliceOrigin(k)
    di, dj, dk = np.round(lattice.spacing, DIGITS)
    cosines = np.round(lattice.directions.T[:2].ravel(), DIGITS)
    dataset.ImagePositionPatient = [decimalString(x) for x in origin]
    dataset.ImageOrientationPatient = [decimalString(x) for x in cosines]
    dataset.PixelSpacing = [decimalString(dj), decimalString(di)]
    dataset.SliceThickness = decimalString(dk)
    dataset.SliceLocation = decimalString(origin @ lattice.normal)
    if dataset.Modality == "MR":
        dataset.SpacingBetweenSlices = decimalString(dk)


def _whereInSource(image: ResampledImage, k: int) -> np.ndarray:
    """Slice index in the lattice of the source, of points all over slice `k`."""
    ni, nj, _ = image.volume.lattice.size
    i, j = np.meshgrid(np.linspace(0, ni - 1, SAMPLES), np.linspace(0, nj - 1, SAMPLES))
    points = image.volume.lattice.points(np.stack([i, j, np.full_like(i, k)], axis=-1))
    return image.source.lattice.indices(image.transform(points))[..., 2]
