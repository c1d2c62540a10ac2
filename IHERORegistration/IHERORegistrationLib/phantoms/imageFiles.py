"""The image series of a scan: CT, MR and PET instances with their pixels."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.uid import CTImageStorage, MRImageStorage, PositronEmissionTomographyImageStorage

from ..geometry import AffineTransform
from ..lattice import Lattice
from ..references import InstanceReference, SeriesReference
from ..registrationRecord import Watch
from ..saving import saveDataset
from .anatomy import Modality
from .bodyChange import AT_REST, BodyChange
from .identity import code, decimals, frameUID, newDataset, setFrame, studyUID, uid
from .scans import Scan
from .voxels import voxelValues

SOP_CLASSES = {
    Modality.CT: CTImageStorage,
    Modality.MR: MRImageStorage,
    Modality.PET: PositronEmissionTomographyImageStorage,
}

# Patient position in codes (PS3.16 CID 20, CID 21)
_LYING = {
    "S": ("40199007", "supine"),
    "P": ("1240000", "prone"),
    "DR": ("102535000", "right lateral decubitus"),
    "DL": ("102536004", "left lateral decubitus"),
}
_ENTERING = {"HF": ("102540008", "headfirst"), "FF": ("102541007", "feet-first")}


@dataclass(frozen=True, eq=False)
class ScannedSeries:
    """A scan as written: its frame, where its voxels lie, where it finds the body, its UIDs.

    `toBody` leads to the body as it was scanned, which differs from the patient at rest by
    `change`. `reference` lists the instances along the slice normal, as the slices of `lattice`.
    """

    scan: Scan
    frame: str
    lattice: Lattice
    toBody: AffineTransform
    reference: SeriesReference
    change: BodyChange = AT_REST

    def bodyAt(self, points: np.ndarray) -> np.ndarray:
        """What of the patient at rest is found at `points`, shape (..., 3) LPS mm; body
        coordinates.
        """
        return self.change(self.toBody(points))

    def pointOf(self, body: np.ndarray) -> np.ndarray:
        """Where points of the patient at rest, shape (..., 3), are found; LPS mm."""
        return self.toBody.inverse()(self.change.inverse(np.asarray(body, dtype=float)))


def scannedSeries(
    scan: Scan,
    seed: str,
    lattice: Lattice,
    toBody: AffineTransform,
    change: BodyChange = AT_REST,
) -> ScannedSeries:
    """The series of `scan`; its files do not exist yet."""
    instances = tuple(
        InstanceReference(
            SOP_CLASSES[scan.modality],
            uid(seed, "instance", scan.name, str(instanceNumber(scan, lattice, k))),
        )
        for k in range(lattice.size[2])
    )
    reference = SeriesReference(
        studyUID(seed, scan.study), uid(seed, "series", scan.name), instances
    )
    frame = frameUID(seed, scan.session)
    return ScannedSeries(scan, frame, lattice, toBody, reference, change)


def instanceNumber(scan: Scan, lattice: Lattice, k: int) -> int:
    """Number of slice `k`: a CT starts at the far end, so that numbers run against the normal."""
    return lattice.size[2] - k if scan.modality is Modality.CT else k + 1


def writeImages(
    folder: Path, scanned: Sequence[ScannedSeries], seed: str, watch: Watch, *, force: bool
) -> None:
    """Write the images of each series into the folder of its name.

    Raises
        FileExistsRefusal: a file is in the way and `force` is not set.
        RegistrationCancelledError: who watches wants it to end.
    """
    total = sum(series.lattice.size[2] for series in scanned)
    done = 0
    for series in scanned:
        for dataset in imageDatasets(series, seed):
            watch.tell(f"{series.scan.name}: image {dataset.InstanceNumber}", done / total)
            name = f"{dataset.InstanceNumber:04}.dcm"
            saveDataset(dataset, folder / series.scan.name / name, force=force)
            done += 1


def imageDatasets(series: ScannedSeries, seed: str) -> Iterator[Dataset]:
    """One data set per slice, with pixels, along the normal."""
    scan, lattice = series.scan, series.lattice
    values = voxelValues(scan, lattice, series.toBody.matrix, series.change)
    common = newDataset(seed, SOP_CLASSES[scan.modality], scan.modality, scan.study, scan.name, "")
    _describe(common, scan, lattice)
    setFrame(common, series.frame)
    _plane(common, lattice)
    for k, (image, instance) in enumerate(zip(values, series.reference, strict=True)):
        dataset = copy.deepcopy(common)
        dataset.SOPInstanceUID = instance.sopInstanceUID
        dataset.InstanceNumber = instanceNumber(scan, lattice, k)
        position = lattice.sliceOrigin(k)
        dataset.ImagePositionPatient = decimals(position)
        dataset.SliceLocation = f"{position @ lattice.normal:.4f}"
        if scan.modality is Modality.PET:
            dataset.ImageIndex = k + 1
        _setPixels(dataset, image, scan.modality)
        yield dataset


def _plane(dataset: Dataset, lattice: Lattice) -> None:
    columns, rows, slices = (float(np.round(step, 6)) for step in lattice.spacing)
    dataset.PixelSpacing = decimals([rows, columns])
    dataset.ImageOrientationPatient = decimals(lattice.directions[:, :2].T)
    dataset.SliceThickness = decimals([slices])[0]
    dataset.Rows, dataset.Columns = lattice.size[1], lattice.size[0]


def _setPixels(dataset: Dataset, image: np.ndarray, modality: Modality) -> None:
    """Pixels and what turns them into values; PET has a slope of its own in every slice."""
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit = 15
    dataset.PixelRepresentation = 1 if modality is Modality.CT else 0
    stored = image
    if modality is Modality.CT:
        dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "-24", "1", "HU"
        stored = image + 24
    elif modality is Modality.PET:
        slope = f"{max(float(image.max()), 1) / 32000:.8f}"
        dataset.RescaleIntercept, dataset.RescaleSlope = "0", slope
        stored = image / float(slope)
    kind = "<i2" if modality is Modality.CT else "<u2"
    dataset.PixelData = np.round(stored).astype(kind).tobytes()


def _describe(dataset: Dataset, scan: Scan, lattice: Lattice) -> None:
    """What the scanner says about itself, by modality."""
    dataset.AcquisitionDate, dataset.AcquisitionTime = dataset.SeriesDate, dataset.SeriesTime
    dataset.AcquisitionNumber = 1
    dataset.PatientPosition = str(scan.position)
    if scan.modality is Modality.CT:
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        dataset.KVP = "120"
        dataset.WindowCenter, dataset.WindowWidth = "40", "400"
    elif scan.modality is Modality.MR:
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
        dataset.ScanningSequence, dataset.SequenceVariant = "SE", "NONE"
        dataset.ScanOptions = ""
        dataset.MRAcquisitionType = "2D"
        dataset.RepetitionTime, dataset.EchoTime, dataset.EchoTrainLength = "520", "12", "1"
        dataset.MagneticFieldStrength = "1.5"
        dataset.SpacingBetweenSlices = decimals([np.round(lattice.spacing[2], 6)])[0]
        dataset.WindowCenter, dataset.WindowWidth = "400", "800"
    else:
        _describePET(dataset, lattice)


def _describePET(dataset: Dataset, lattice: Lattice) -> None:
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    dataset.SeriesType = ["WHOLE BODY", "IMAGE"]
    dataset.Units, dataset.CountsSource = "BQML", "EMISSION"
    dataset.CorrectedImage = ["DECY", "ATTN", "SCAT", "RADL"]
    dataset.DecayCorrection = "START"
    dataset.DecayFactor = "1"
    dataset.FrameReferenceTime, dataset.ActualFrameDuration = "0", "180000"
    dataset.CollimatorType = "NONE"
    dataset.AttenuationCorrectionMethod = "CT"
    dataset.NumberOfSlices = lattice.size[2]
    dataset.WindowCenter, dataset.WindowWidth = "6000", "12000"
    dose = Dataset()
    dose.Radiopharmaceutical = "Fluorodeoxyglucose"
    dose.RadionuclideTotalDose, dose.RadionuclideHalfLife = "300000000", "6586.2"
    dose.RadiopharmaceuticalStartTime = "070500"
    dose.RadionuclideCodeSequence = [code("C-111A1", "^18^Fluorine", "SRT")]
    dataset.RadiopharmaceuticalInformationSequence = [dose]
    head, lying = dataset.PatientPosition[:2], dataset.PatientPosition[2:]
    orientation = code("102538003", "recumbent", "SCT")
    orientation.PatientOrientationModifierCodeSequence = [code(*_LYING[lying], "SCT")]
    dataset.PatientOrientationCodeSequence = [orientation]
    dataset.PatientGantryRelationshipCodeSequence = [code(*_ENTERING[head], "SCT")]
    del dataset.PatientPosition  # PET says it in codes (PS3.3 C.8.9.5)
