"""Image series to be written on another lattice: that of a registered base, or an axial one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydicom import Dataset

from .derivedImages import ResampledImage, axialLattice, datasetsFromResampled
from .errors import NonconformantError
from .exportFindings import exportFindings
from .frames import TransformChain
from .images import ImageSeries
from .registeredDisplay import RegisteredImage, imageOn
from .registration import SpatialRegistration
from .resampling import Interpolation, resampledVolume
from .study import Study
from .usedRegistrations import readingRemarks, usedRegistrations


def imageOnBase(
    image: RegisteredImage,
    base: ImageSeries,
    registrations: Iterable[SpatialRegistration],
    interpolation: Interpolation = Interpolation.LINEAR,
) -> ResampledImage:
    """`image` on the lattice of `base`, which it is displayed with, and which of `registrations`
    put it there.
    """
    resampled = imageOn(image, base.lattice, interpolation)
    used = usedRegistrations(image.fromBase, registrations)
    return ResampledImage(
        volume=resampled.volume,
        outside=resampled.outside,
        source=image.series,
        target=base,
        transform=image.fromBase,
        interpolation=interpolation.value,
        registrations=tuple(one.reference for one in used),
        remarks=readingRemarks(used),
    )


def axialSeries(
    series: ImageSeries,
    *,
    created: datetime,
    interpolation: Interpolation = Interpolation.LINEAR,
) -> list[Dataset]:
    """The CT `series` as RO-11 stores it: axial slices with square pixels, evenly spaced, in its
    own frame; new series, same study and patient.

    Raises
        NonconformantError: the result would break RO-11, such as for other modalities than CT.

    Source
        IHE-RO TF-1 A.2, RO-11 Resampled/Combined CT Series Storage
    """
    if series.modality != "CT":
        raise NonconformantError(
            f"RO-11 stores CT, found modality {series.modality or 'none'}: a registration takes "
            "other images onto a CT",
            (),
        )
    lattice = axialLattice(series)
    here = TransformChain((), series.frame, series.frame)
    resampled = resampledVolume(
        series.volume(), lattice, series.frame, here, interpolation, series.padding
    )
    datasets = datasetsFromResampled(
        ResampledImage(
            volume=resampled.volume,
            outside=resampled.outside,
            source=series,
            target=series,
            transform=here,
            interpolation=interpolation.value,
        ),
        f"{series.description or series.modality} axial",
        created=created,
    )
    exportFindings(datasets[0], "RO-11", Study((*series.headers, *datasets)), series.headers[0])
    return datasets
