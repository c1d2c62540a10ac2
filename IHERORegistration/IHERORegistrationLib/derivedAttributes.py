"""Which attributes a resampled image takes over from the image it was made of, as tables.

Geometry, identity and equipment are made anew; what describes the acquisition stays.

Source
    DICOM PS3.3 A.3.3, A.4.3, A.21.3, C.7.6.1, C.8.2.1, C.8.3.1, C.8.9.1-4
"""

from __future__ import annotations

import copy

from pydicom import Dataset

from .macros import text

# fmt: off
# Type 2: written empty where the source has none. The same for all slices.
SERIES_OF_EVERY_MODALITY = ("SeriesDate", "SeriesTime", "ProtocolName", "BodyPartExamined")
SERIES = {
    "CT": (),
    "MR": (),
    "PT": ("SeriesType", "Units", "CountsSource", "CorrectedImage", "DecayCorrection",
           "CollimatorType", "ReprojectionMethod", "SUVType", "RandomsCorrectionMethod",
           "AttenuationCorrectionMethod", "ScatterCorrectionMethod", "ReconstructionMethod",
           "AcquisitionStartCondition", "AcquisitionStartConditionData",
           "AcquisitionTerminationCondition", "AcquisitionTerminationConditionData",
           "TypeOfDetectorMotion", "EnergyWindowRangeSequence",
           "RadiopharmaceuticalInformationSequence", "InterventionDrugInformationSequence",
           "PatientOrientationCodeSequence", "PatientGantryRelationshipCodeSequence"),
}
# Of the source image that lies nearest to the new slice.
IMAGE_OF_EVERY_MODALITY = (
    "AcquisitionDate", "AcquisitionTime", "AcquisitionDateTime", "AcquisitionNumber",
    "ContentDate", "ContentTime", "PhotometricInterpretation", "LossyImageCompression",
    "LossyImageCompressionRatio", "LossyImageCompressionMethod", "BurnedInAnnotation",
)
CONTRAST = (
    "ContrastBolusAgent", "ContrastBolusAgentSequence", "ContrastBolusRoute",
    "ContrastBolusAdministrationRouteSequence", "ContrastBolusVolume", "ContrastBolusStartTime",
    "ContrastBolusStopTime", "ContrastBolusTotalDose", "ContrastFlowRate", "ContrastFlowDuration",
    "ContrastBolusIngredient", "ContrastBolusIngredientConcentration",
)
IMAGE = {
    "CT": ("KVP", "ScanOptions", "ConvolutionKernel", "FilterType", "XRayTubeCurrent",
           "ExposureTime", "Exposure", "GeneratorPower", "FocalSpots", "RotationDirection",
           "CTDIvol", "DataCollectionDiameter", "RescaleType", "WindowCenter", "WindowWidth",
           *CONTRAST),
    "MR": ("ScanningSequence", "SequenceVariant", "ScanOptions", "MRAcquisitionType",
           "SequenceName", "AngioFlag", "RepetitionTime", "EchoTime", "InversionTime",
           "EchoTrainLength", "EchoNumbers", "TriggerTime", "NumberOfAverages",
           "ImagingFrequency", "ImagedNucleus", "MagneticFieldStrength", "PixelBandwidth",
           "FlipAngle", "VariableFlipAngleFlag", "SAR", "ReceiveCoilName", "TransmitCoilName",
           "WindowCenter", "WindowWidth", *CONTRAST),
    "PT": ("FrameReferenceTime", "ActualFrameDuration", "DecayFactor", "DoseCalibrationFactor",
           "ScatterFractionFactor", "DeadTimeFactor", "TriggerTime"),
}
EMPTY_WHERE_UNKNOWN = {
    "CT": ("KVP", "AcquisitionNumber"),
    "MR": ("ScanOptions", "MRAcquisitionType", "RepetitionTime", "EchoTime", "EchoTrainLength"),
    "PT": ("CollimatorType", "CorrectedImage", "ActualFrameDuration", "AcquisitionDate",
           "AcquisitionTime", "RadiopharmaceuticalInformationSequence",
           "PatientOrientationCodeSequence", "PatientGantryRelationshipCodeSequence"),
}
# Body parts of which there is one: Laterality must be absent (PS3.16 L).
UNPAIRED = frozenset({
    "ABDOMEN", "ABDOMENPELVIS", "AORTA", "BLADDER", "BRAIN", "CERVIX", "CHEST", "CHESTABDOMEN",
    "CHESTABDPELVIS", "COCCYX", "COLON", "CSPINE", "DUODENUM", "ESOPHAGUS", "FACE", "GALLBLADDER",
    "HEAD", "HEADNECK", "HEART", "JAW", "LARYNX", "LIVER", "LSPINE", "LSSPINE", "MEDIASTINUM",
    "MOUTH", "NECK", "NECKCHEST", "NECKCHESTABDOMEN", "NECKCHESTABDPELV", "NOSE", "PANCREAS",
    "PELVIS", "PENIS", "PHARYNX", "PROSTATE", "RECTUM", "SKULL", "SPINE", "SPLEEN", "SSPINE",
    "STERNUM", "STOMACH", "THYMUS", "THYROID", "TLSPINE", "TONGUE", "TRACHEA", "TSPINE", "UTERUS",
    "VAGINA", "WHOLEBODY",
})
# fmt: on


def copySeriesAttributes(dataset: Dataset, header: Dataset, modality: str) -> None:
    """Take over into `dataset` what all images of the source have in common."""
    _copy(dataset, header, SERIES_OF_EVERY_MODALITY + SERIES[modality])
    if text(header, "BodyPartExamined") in UNPAIRED:
        del dataset.Laterality
    else:
        dataset.Laterality = text(header, "Laterality")


def copyImageAttributes(dataset: Dataset, header: Dataset, modality: str) -> None:
    """Take over into `dataset` what the one image of `header` says of its acquisition."""
    _copy(dataset, header, IMAGE_OF_EVERY_MODALITY + IMAGE[modality])
    for keyword in EMPTY_WHERE_UNKNOWN[modality]:
        if keyword not in dataset:
            setattr(dataset, keyword, [] if keyword.endswith("Sequence") else None)


def _copy(dataset: Dataset, header: Dataset, keywords: tuple[str, ...]) -> None:
    for keyword in keywords:
        if keyword in header:
            setattr(dataset, keyword, copy.deepcopy(header[keyword].value))
