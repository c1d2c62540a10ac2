from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import KDTree

import builders
from deformedDoses import BIG, MR, centers, doseOf, hill, registration
from IHERODeformationLib.doseDeformer import deformedDose
from writtenSeries import seriesOf


@pytest.mark.parametrize("spacing", [(10.0, 9.0, 2.0), (2.0, 2.5, 3.0)], ids=["coarse", "fine"])
def test_what_arrives_nowhere_is_found_within_a_voxel_of_the_deformed_dose(spacing, tmp_path):
    target = seriesOf(builders.ctSeries(), tmp_path)
    middle = BIG.expected(BIG.pointsAt((4, 3.5, 3)))
    size = tuple(round(100 / one) for one in spacing)
    dose = doseOf(hill(middle), middle, MR, size=size, spacing=spacing)
    half = replace(BIG, size=(5, 8, 7))  # ends near the middle, where the dose is highest
    found = deformedDose(dose, target, [registration(half)])
    inside = half.expected(half.randomPoints(400_000, beyond=0.5))
    away, _ = KDTree(inside).query(centers(dose.volume.lattice))
    values, diagonal = dose.volume.values, np.linalg.norm(found.volume.lattice.spacing)
    surely, atMost = (away > diagonal + 1.5), (away > diagonal - 1.5)
    whole = values.sum()
    assert 0.05 < values[surely].sum() / whole <= found.unreached.share
    assert found.unreached.share <= values[atMost].sum() / whole < 0.9
    assert values[surely].max() <= found.unreached.maximum <= values[atMost].max()
