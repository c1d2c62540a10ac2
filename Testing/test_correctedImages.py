"""Images whose own distortion is corrected keep their lattice; what is unusual is confirmed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from builders import deformableRegistration
from deformationCases import setGrid
from deformedLattices import (
    CENTER,
    GRID,
    REGISTERED,
    SOURCE,
    latticeAround,
    smooth,
    voxelCenters,
)
from IHERODeformationLib.deformableRegistration import DeformableSpatialRegistration
from IHERODeformationLib.imageDeformer import DeformedSeries, correctedSeries
from IHERODeformationLib.reader import deformableRegistrationFromDataset
from IHERORegistrationLib.errors import FrameOfReferenceError, PatientMismatchError
from imagePairs import NOW, OF_SOURCE, datasetsOn, valuesOf
from writtenSeries import seriesOf

OWN = latticeAround(CENTER, (25, 17, 13), (-33, 8, 71), (1.1, 1.9, 2.3))


class Distorted:
    """One MR and a field from the true space, in which its own lattice then lies."""

    def __init__(
        self, folder: Path, *, frame: str = SOURCE, trueFrame: str = REGISTERED, **changes
    ):
        images = datasetsOn(OWN, "MR", **{**OF_SOURCE, "PatientPosition": "HFS"})
        for k, one in enumerate(images):
            values = 40 * (voxelCenters(OWN)[k] - CENTER) @ (0.7, -0.4, 0.3) + 3000
            one.PixelData = np.rint(values).astype("<u2").tobytes()
        self.series = seriesOf(images, folder / "distorted")
        made = deformableRegistration(
            datasetsOn(OWN, "MR", FrameOfReferenceUID=trueFrame),
            datasetsOn(OWN, "MR", FrameOfReferenceUID=frame),
            **changes,
        )
        setGrid(made, GRID, smooth(voxelCenters(GRID)))
        self.registration: DeformableSpatialRegistration = deformableRegistrationFromDataset(made)

    def corrected(self, **choices):
        return correctedSeries(self.series, self.registration, created=NOW, **choices)


def requireCorrected(made: DeformedSeries) -> None:
    """A linear image: its value at the displaced point, in closed form."""
    points = voxelCenters(OWN) + smooth(voxelCenters(OWN))
    index = OWN.indices(points)
    deep = np.all((index >= 0) & (index <= np.array(OWN.size) - 1), axis=-1)
    expected = 40 * (points - CENTER) @ (0.7, -0.4, 0.3) + 3000
    assert deep.sum() > 1000
    assert np.abs(valuesOf(made) - expected)[deep].mean() < 1
    beyond = np.abs(index - (np.array(OWN.size) - 1) / 2) - np.array(OWN.size) / 2
    most, least = ((beyond.max(axis=-1) > limit).sum() for limit in (-0.2, 0.2))
    assert least <= made.outside <= most


def test_a_corrected_image_keeps_its_lattice_in_the_registered_frame(tmp_path, dciodvfy):
    case = Distorted(tmp_path)
    made = case.corrected()
    requireCorrected(made)
    assert made.findings == ()
    for one, image in zip(made.datasets, case.series.headers, strict=True):
        assert np.allclose(one.ImagePositionPatient, image.ImagePositionPatient, atol=1e-6)
        assert one.FrameOfReferenceUID == REGISTERED
        assert one.PositionReferenceIndicator == ""
        assert one.PatientPosition == "HFS"
        assert one.StudyInstanceUID == "2.25.91"
        assert one.ContentDate == "20230407"
        assert one.SourceInstanceSequence[0].ReferencedSOPInstanceUID == (
            case.registration.sopInstanceUID
        )
    assert made.datasets[0].SeriesDescription == "moving corrected"
    assert "Correction of distortion" in made.datasets[0].DerivationDescription
    assert dciodvfy(made.datasets[4]) == []


def test_a_field_within_one_frame_needs_confirmation(tmp_path):
    case = Distorted(tmp_path, trueFrame=SOURCE)
    with pytest.raises(FrameOfReferenceError, match="onto itself"):
        case.corrected()
    made = case.corrected(sameFrameConfirmed=True)
    requireCorrected(made)
    assert made.datasets[0].FrameOfReferenceUID == SOURCE
    assert made.datasets[0].PositionReferenceIndicator == "XY"


def test_the_field_of_a_phantom_needs_confirmation(tmp_path):
    case = Distorted(tmp_path, frame="1.2.77", PatientID="PHANTOM", PatientName="Phantom")
    with pytest.raises(PatientMismatchError, match="another patient"):
        case.corrected()
    made = case.corrected(otherFieldConfirmed=True)
    requireCorrected(made)
    said = made.datasets[0].DerivationDescription
    assert "Registration of another patient confirmed by user." in said
    assert "Field of Frame of Reference 1.2.77 confirmed by user." in said


def test_the_field_of_another_frame_needs_confirmation(tmp_path):
    case = Distorted(tmp_path, frame="1.2.77")
    with pytest.raises(FrameOfReferenceError, match=r"expected one field .* found fields to: 1"):
        case.corrected()
