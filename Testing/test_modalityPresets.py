import numpy as np
import pytest

from IHERORegistrationLib.pictures.colorTables import ColorTable, colorsOf
from IHERORegistrationLib.pictures.modalityPresets import dosePreset, imagePreset, withoutTint

RAMP = np.linspace(0, 1000, 12 * 11 * 10).reshape(12, 11, 10)


def test_ct_has_the_soft_tissue_window_whatever_it_holds():
    preset = imagePreset("CT", RAMP)
    assert (preset.low, preset.high, preset.unit) == (-160, 240, "HU")
    assert preset.colors is ColorTable.GRAY


def test_an_overlay_is_tinted_so_that_it_is_told_from_its_background():
    assert imagePreset("CT", RAMP, overlay=True).colors is ColorTable.AQUA
    overlay = imagePreset("MR", RAMP, overlay=True)
    assert overlay.colors is ColorTable.AMBER
    assert withoutTint(overlay) == imagePreset("MR", RAMP)


def test_mr_window_spans_the_values_but_not_their_rare_extremes():
    values = RAMP.copy()
    values[0, 0, 0], values[-1, -1, -1] = -5e4, 9e5
    preset = imagePreset("MR", values)
    assert 0 <= preset.low < 20
    assert 980 < preset.high < 1010


def test_one_hot_voxel_does_not_darken_a_pet():
    values = np.zeros((20, 30, 40), np.float32)
    values[5:15, 5:25, 5:35] = np.linspace(2000, 8000, 30)
    values[0, 0, 0] = 30_000
    preset = imagePreset("PT", values, unit="BQML")
    assert preset.low == 0
    assert preset.high == pytest.approx(8000, rel=0.01)
    assert not preset.coversEvenly
    assert preset.unit == "Bq/ml"


@pytest.mark.parametrize("modality", ["MR", "PT"])
@pytest.mark.parametrize("value", [0.0, 7.0, np.nan])
def test_an_image_of_one_value_still_has_a_window(modality, value):
    preset = imagePreset(modality, np.full((3, 4, 5), value))
    assert preset.high > preset.low


def test_dose_is_shown_from_a_tenth_of_its_maximum_unless_told():
    dose = np.array([[[0, 4.0, 60.0, np.nan]]], np.float32)
    assert dosePreset(dose).threshold == pytest.approx(6)
    assert dosePreset(dose).high == 60
    assert dosePreset(dose, threshold=20).threshold == 20
    assert dosePreset(dose).colors is not ColorTable.TURBO  # the one that needs hues
    assert dosePreset(np.zeros((1, 2, 3))).high > 0


def test_color_tables_but_turbo_rise_in_lightness_so_that_no_hue_is_needed():
    for table in ColorTable:
        colors = colorsOf(table)
        assert colors.shape == (256, 3)
        assert colors.min() >= 0
        assert colors.max() <= 1
        rising = np.diff(colors @ (0.2126, 0.7152, 0.0722))
        assert (rising > -1e-3).all() == (table is not ColorTable.TURBO)


def test_viridis_ends_in_its_known_colors():
    colors = colorsOf(ColorTable.VIRIDIS)
    np.testing.assert_allclose(colors[0] * 255, (68, 1, 84), atol=0.5)
    np.testing.assert_allclose(colors[-1] * 255, (253, 231, 37), atol=0.5)


def test_plasma_ends_in_its_known_colors():
    colors = colorsOf(ColorTable.PLASMA)
    np.testing.assert_allclose(colors[0] * 255, (13, 8, 135), atol=0.5)
    np.testing.assert_allclose(colors[-1] * 255, (240, 249, 33), atol=0.5)
