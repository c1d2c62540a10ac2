"""What a fused picture is centered on."""

import numpy as np

from builders import ctSeries, structureSet
from IHERORegistrationLib.headlessScene import newScene
from IHERORegistrationLib.pictures.registeredPicture import Shown, registeredPicture
from IHERORegistrationLib.structureSetReader import structureSetFromDataset
from writtenSeries import seriesOf


def test_a_picture_is_centered_on_the_structures_as_far_as_the_image_goes(tmp_path):
    images = ctSeries(12)
    structures = structureSetFromDataset(structureSet(images))  # on the two lowest slices
    whole, top = seriesOf(images, tmp_path / "whole"), seriesOf(images[11:], tmp_path / "top")
    middles = [
        registeredPicture(base, Shown(structures=structures), (), newScene()).center
        for base in (whole, top)
    ]
    low, high = (points := structures.structures[0].points).min(axis=0), points.max(axis=0)
    np.testing.assert_allclose(middles[0], (low + high) / 2)
    np.testing.assert_allclose(middles[1][2], top.lattice.origin[2])  # its only slice
