"""Plan and dose of the treatment, on the primary images."""

from __future__ import annotations

import numpy as np
from pydicom import Dataset
from pydicom.uid import RTDoseStorage, RTPlanStorage

from ..geometry import AffineTransform, mapped
from ..lattice import Lattice
from ..references import InstanceReference
from .identity import decimals, newDataset, reference, setFrame
from .imageFiles import ScannedSeries
from .treatment import BEAM_ANGLES, ISOCENTER, dose

DOSE_SCALING = {16: "0.002", 32: "0.0000001"}  # Gy by bits; both reach beyond 100 Gy
_FRACTIONS = 30
_JAWS = {"X": ("-45", "45"), "Y": ("-43", "47")}  # mm


def planDataset(series: ScannedSeries, seed: str, structureSet: Dataset) -> Dataset:
    """The RT Plan: three static photon beams with one isocenter.

    Source
        DICOM PS3.3 A.20, C.8.8.9 to C.8.8.14
    """
    dataset = newDataset(seed, RTPlanStorage, "RTPLAN", series.scan.study, "Plan", "1")
    setFrame(dataset, series.frame)
    dataset.OperatorsName = ""
    dataset.RTPlanLabel = "LUNG"
    dataset.RTPlanDescription = "Right lung, 60 Gy in 30 fractions"
    dataset.RTPlanDate, dataset.RTPlanTime = dataset.StudyDate, dataset.StudyTime
    dataset.RTPlanGeometry = "PATIENT"
    dataset.ApprovalStatus = "UNAPPROVED"
    used = InstanceReference(structureSet.SOPClassUID, structureSet.SOPInstanceUID)
    dataset.ReferencedStructureSetSequence = [reference(used)]
    patientSetup = Dataset()
    patientSetup.PatientSetupNumber = 1
    patientSetup.PatientPosition = str(series.scan.position)
    dataset.PatientSetupSequence = [patientSetup]
    isocenter = decimals(series.toBody.inverse()(np.array(ISOCENTER)))
    dataset.FractionGroupSequence = [_fractionGroup()]
    dataset.BeamSequence = [
        _beam(number, angle, isocenter) for number, angle in enumerate(BEAM_ANGLES, start=1)
    ]
    return dataset


def _fractionGroup() -> Dataset:
    group = Dataset()
    group.FractionGroupNumber = 1
    group.NumberOfFractionsPlanned = _FRACTIONS
    group.NumberOfBeams = len(BEAM_ANGLES)
    group.NumberOfBrachyApplicationSetups = 0
    group.ReferencedBeamSequence = []
    for number in range(1, len(BEAM_ANGLES) + 1):
        beam = Dataset()
        beam.BeamMeterset = "100"
        beam.ReferencedBeamNumber = number
        group.ReferencedBeamSequence.append(beam)
    return group


def _beam(number: int, angle: float, isocenter: list[str]) -> Dataset:
    beam = Dataset()
    beam.Manufacturer = "IHERO"
    beam.TreatmentMachineName = "ANALYTIC"
    beam.PrimaryDosimeterUnit = "MU"
    beam.SourceAxisDistance = "1000"
    beam.BeamNumber = number
    beam.BeamName = f"Beam {number}"
    beam.BeamType, beam.RadiationType = "STATIC", "PHOTON"
    beam.TreatmentDeliveryType = "TREATMENT"
    beam.NumberOfWedges = beam.NumberOfCompensators = beam.NumberOfBoli = beam.NumberOfBlocks = 0
    beam.FinalCumulativeMetersetWeight = "1"
    beam.NumberOfControlPoints = 2
    beam.ReferencedPatientSetupNumber = 1
    beam.BeamLimitingDeviceSequence = []
    positions = []
    for device, jaws in _JAWS.items():
        limit, position = Dataset(), Dataset()
        limit.RTBeamLimitingDeviceType = position.RTBeamLimitingDeviceType = device
        limit.NumberOfLeafJawPairs = 1
        position.LeafJawPositions = list(jaws)
        beam.BeamLimitingDeviceSequence.append(limit)
        positions.append(position)
    beam.ControlPointSequence = [_firstControlPoint(angle, isocenter, positions), Dataset()]
    beam.ControlPointSequence[1].ControlPointIndex = 1
    beam.ControlPointSequence[1].CumulativeMetersetWeight = "1"
    return beam


def _firstControlPoint(angle: float, isocenter: list[str], positions: list[Dataset]) -> Dataset:
    point = Dataset()
    point.ControlPointIndex = 0
    point.CumulativeMetersetWeight = "0"
    point.NominalBeamEnergy = "6"
    point.BeamLimitingDevicePositionSequence = positions
    point.GantryAngle, point.GantryRotationDirection = decimals([angle])[0], "NONE"
    for device in ("BeamLimitingDevice", "PatientSupport", "TableTopEccentric"):
        setattr(point, f"{device}Angle", "0")
        setattr(point, f"{device}RotationDirection", "NONE")
    point.TableTopVerticalPosition = ""
    point.TableTopLongitudinalPosition = ""
    point.TableTopLateralPosition = ""
    point.TableTopPitchAngle, point.TableTopPitchRotationDirection = 0.0, "NONE"
    point.TableTopRollAngle, point.TableTopRollRotationDirection = 0.0, "NONE"
    point.IsocenterPosition = isocenter
    return point


def doseDataset(
    series: ScannedSeries, seed: str, lattice: Lattice, bits: int, plan: Dataset
) -> Dataset:
    """The RT Dose: the analytic dose at the points of `lattice`, in Gy.

    Source
        DICOM PS3.3 A.18, C.8.8.3
    """
    dataset = newDataset(seed, RTDoseStorage, "RTDOSE", series.scan.study, "Dose", "1")
    setFrame(dataset, series.frame)
    dataset.OperatorsName = ""
    columns, rows, _ = (float(np.round(step, 6)) for step in lattice.spacing)
    dataset.SliceThickness = ""
    dataset.ImagePositionPatient = decimals(lattice.origin)
    dataset.ImageOrientationPatient = decimals(lattice.directions[:, :2].T)
    dataset.PixelSpacing = decimals([rows, columns])
    dataset.Columns, dataset.Rows, dataset.NumberOfFrames = lattice.size
    dataset.FrameIncrementPointer = 0x3004000C
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    dataset.PixelRepresentation = 0
    dataset.DoseUnits, dataset.DoseType, dataset.DoseSummationType = "GY", "PHYSICAL", "PLAN"
    dataset.SpatialTransformOfDose = "NONE"
    dataset.TissueHeterogeneityCorrection = "IMAGE"
    dataset.DoseComment = plan.RTPlanDescription
    step = float(np.round(lattice.spacing[2], 6))
    dataset.GridFrameOffsetVector = decimals(np.arange(lattice.size[2]) * step)
    dataset.DoseGridScaling = DOSE_SCALING[bits]
    used = InstanceReference(plan.SOPClassUID, plan.SOPInstanceUID)
    dataset.ReferencedRTPlanSequence = [reference(used)]
    stored = np.round(doseOnLattice(lattice, series.toBody) / float(DOSE_SCALING[bits]))
    dataset.PixelData = stored.astype(f"<u{bits // 8}").tobytes()
    return dataset


def doseOnLattice(lattice: Lattice, toBody: AffineTransform) -> np.ndarray:
    """Dose in Gy at the points of `lattice`; shape (nk, nj, ni)."""
    toBodyFromIndex = toBody.matrix @ lattice.ijkToLPS
    j, i = np.indices(lattice.shape[1:])
    slices = []
    for k in range(lattice.size[2]):
        body = mapped(toBodyFromIndex, np.stack([i, j, np.full_like(i, k)], axis=-1))
        slices.append(dose(body[..., 0], body[..., 1], body[..., 2]))
    return np.array(slices)
