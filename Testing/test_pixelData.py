"""Pixels of every transfer syntax, and sizes that do not fit."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from builders import ctSeries
from IHERORegistrationLib.errors import MalformedObjectError
from writtenSeries import STORED, seriesOf


def test_signed_pixels_and_bits_above_high_bit(tmp_path):
    made = ctSeries(2, BitsStored=12, HighBit=11, PixelRepresentation=1, RescaleIntercept="0")
    raw = np.array([[-5, 2000], [-2048, 7]], "<i2")
    for one in made:
        one.Rows = one.Columns = 2
        one.PixelData = ((raw.view("<u2") & 0x0FFF) | 0x5000).astype("<u2").tobytes()
    np.testing.assert_array_equal(seriesOf(made, tmp_path).volume().values, [raw, raw])


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless])
def test_compressed_pixels_are_those_of_the_originals(tmp_path, syntax):
    made = ctSeries(3)
    for one in made:
        one.compress(syntax, generate_instance_uid=False)
    series = seriesOf(made, tmp_path)
    expected = [STORED + 100 * k - 1024 for k in range(3)]
    np.testing.assert_array_equal(series.volume().values, expected)


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian]
)
def test_every_uncompressed_transfer_syntax_is_read(tmp_path, syntax):
    made = ctSeries(3)
    for one in made:
        one.file_meta.TransferSyntaxUID = syntax
        if syntax == ExplicitVRBigEndian:
            one.PixelData = np.frombuffer(one.PixelData, "<u2").astype(">u2").tobytes()
            one["PixelData"].VR = "OW"
    values = seriesOf(made, tmp_path).volume().values
    np.testing.assert_array_equal(values, [STORED + 100 * k - 1024 for k in range(3)])


def test_a_compression_without_decoder_is_named(tmp_path):
    made = ctSeries(2)
    for one in made:
        one.compress(RLELossless, generate_instance_uid=False)
        one.file_meta.TransferSyntaxUID = JPEGLosslessSV1
    series = seriesOf(made, tmp_path)
    with pytest.raises(MalformedObjectError, match=r"JPEG Lossless.* cannot be decoded here"):
        series.volume()


def test_broken_compressed_pixels_are_refused(tmp_path):
    made = ctSeries(2)
    for one in made:
        one.compress(RLELossless, generate_instance_uid=False)
        one.PixelData = one.PixelData[:-30] + bytes(30)
    with pytest.raises(MalformedObjectError, match=r"\.dcm"):
        seriesOf(made, tmp_path).volume()


def test_truncated_pixels_name_the_file_and_both_byte_counts(tmp_path):
    series = seriesOf(ctSeries(3), tmp_path)
    path = series.files[1]
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(
        MalformedObjectError, match=rf"expected 60 bytes .* found 50: .*{path.name}"
    ):
        series.volume()


@pytest.mark.parametrize(
    "changes",
    [
        {"PixelData": bytes(90)},
        {"SamplesPerPixel": 3},
        {"BitsAllocated": 12},
        {"BitsStored": 17},
    ],
)
def test_declared_sizes_are_compared_with_the_bytes(tmp_path, changes):
    series = seriesOf(ctSeries(2, **changes), tmp_path)
    with pytest.raises(MalformedObjectError, match="expected"):
        series.volume()


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, JPEGLSLossless])
def test_a_series_of_files_too_small_for_their_declared_size_makes_no_volume(tmp_path, syntax):
    images = ctSeries(2, Rows=65535, Columns=65535)
    for one in images:
        one.file_meta.TransferSyntaxUID = syntax
        one["PixelData"].is_undefined_length = syntax.is_encapsulated
        if syntax.is_encapsulated:
            one.PixelData = encapsulate([one.PixelData])
    with pytest.raises(MalformedObjectError, match="expected 8589672450 bytes of pixels, found a"):
        seriesOf(images, tmp_path)


def test_a_series_whose_file_is_gone_says_so(tmp_path):
    series = seriesOf(ctSeries(2), tmp_path)
    series.files[0].unlink()
    with pytest.raises(MalformedObjectError, match="No such file"):
        series.volume()
