"""Vectors are written as they are from any layout, whole or not at all."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from deformationCases import POST, Case
from IHERODeformationLib.deformableRegistration import (
    DeclaredMatrix,
)
from IHERODeformationLib.displacementGrid import DisplacementGrid
from IHERODeformationLib.encodedVectors import encodedPieces
from IHERODeformationLib.vectorStream import VectorStream
from IHERODeformationLib.writer import (
    DeformationForm,
)
from IHERORegistrationLib.errors import NonconformantError
from savedDeformations import (
    VECTORS,
    lattice,
    made,
    registrationOf,
    saved,
    unaligned,
    withGrid,
    writtenVectors,
)


@pytest.mark.parametrize(
    "layout",
    [
        lambda v: v,
        lambda v: v.astype(">f4"),
        unaligned,
        lambda v: np.asfortranarray(v),
        lambda v: np.repeat(v, 2, axis=2)[:, :, ::2],
        lambda v: np.ascontiguousarray(v[::-1])[::-1],
    ],
    ids=["plain", "big endian", "unaligned", "columns first", "with gaps", "backwards"],
)
def test_vectors_are_written_from_any_layout(layout, tmp_path):
    vectors = layout(VECTORS)
    dataset = made(withGrid(DisplacementGrid(lattice((3, 4, 5)), vectors)))
    assert writtenVectors(saved(dataset, tmp_path)) == VECTORS.tobytes()
    dataset.save_as(tmp_path / "theirs.dcm", enforce_file_format=True)
    assert writtenVectors(tmp_path / "theirs.dcm") == VECTORS.tobytes()


def test_a_stream_of_vectors_can_be_read_anywhere():
    stream = VectorStream(VECTORS.astype(">f4"))
    whole = VECTORS.tobytes()
    for start, count in ((0, 5), (35, 40), (100, 101), (len(whole) - 3, 10), (0, -1)):
        assert stream.seek(start) == start
        assert stream.read(count) == whole[start:][: None if count < 0 else count]
    assert stream.seek(0, 2) == len(stream) == len(whole)
    assert stream.read(1) == b""
    assert copy.deepcopy(stream).read() == whole


def test_a_partly_undefined_node_is_written_undefined_and_nothing_else_changes(tmp_path):
    vectors = VECTORS.copy()
    vectors[1, 2, 0, 1] = np.nan
    vectors[4, 3, 2] = np.nan
    expected = vectors.copy()
    expected[1, 2, 0] = np.nan
    path = saved(made(withGrid(DisplacementGrid(lattice((3, 4, 5)), vectors))), tmp_path)
    written = np.frombuffer(writtenVectors(path), "<f4").reshape(5, 4, 3, 3)
    np.testing.assert_array_equal(written, expected)
    assert not np.isnan(vectors[1, 2, 0, 0])


@pytest.mark.parametrize("post", [None, POST])
def test_an_infinite_vector_is_refused(post):
    vectors = VECTORS.copy()
    vectors[1, 2, 0, 1] = -np.inf
    after = None if post is None else DeclaredMatrix(np.reshape(post, (4, 4)), "RIGID")
    with pytest.raises(NonconformantError, match="found 1 with an infinite component"):
        made(withGrid(DisplacementGrid(lattice((3, 4, 5)), vectors), post=after))


def test_more_than_four_gigabytes_are_refused_before_memory_is_taken():
    """711³ nodes do not fit, 710³ would."""
    size = (711, 711, 711)
    vectors = np.broadcast_to(np.float32(1), (*size, 3))
    for form in DeformationForm:
        with pytest.raises(NonconformantError, match="at most 357913941 nodes, found 359425431"):
            made(withGrid(DisplacementGrid(lattice(size), vectors)), form=form)


def test_a_length_of_more_than_two_gigabytes_is_told(tmp_path):
    """The value itself is not written: only what is before it."""
    size = (900, 700, 500)
    dataset = made(registrationOf(Case()))
    grid = dataset.DeformableRegistrationSequence[1].DeformableRegistrationGridSequence[0]
    grid.VectorGridData = VectorStream(np.broadcast_to(np.float32(1), (*size[::-1], 3)))
    before, stream, after = encodedPieces(dataset)
    assert before[-12:] == b"\x64\x00\x09\x00OF\0\0" + (3_780_000_000).to_bytes(4, "little")
    assert len(stream) == 3_780_000_000
    assert after[:8] == b"\xfe\xff\x0d\xe0\0\0\0\0"
