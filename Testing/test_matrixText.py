import numpy as np
import pytest

from IHERORegistrationLib.errors import MalformedObjectError
from IHERORegistrationLib.matrixText import matrixFromText

MATRIX = np.array(
    [[0.6, -0.8, 0, 12.5], [0.8, 0.6, 0, -250.75], [0, 0, 1, 1e-3], [0, 0, 0, 1]], float
)

WRITTEN = {
    "rows": "0.6 -0.8 0 12.5\n0.8 0.6 0 -250.75\n0 0 1 0.001\n0 0 0 1\n",
    "tabs, windows": "0.6\t-0.8\t0\t12.5\r\n.8 .6 0. -250.75\r\n0 0 1 1E-3\r\n0 0 0 1\r\n",
    "commas": "0.6,-0.8,0,12.5\n0.8,0.6,0,-250.75\n0,0,1,0.001\n0,0,0,1",
    "numpy": "[[ 0.6 -0.8 0. 12.5]\n [0.8 0.6 0. -250.75]\n [0. 0. 1. 1e-3]\n [0. 0. 0. 1.]]",
    "python on one line": "[[.6,-.8,0,12.5],[.8,.6,0,-250.75],[0,0,1,.001],[0,0,0,1]]",
    "matlab": "[0.6 -0.8 0 12.5; 0.8 0.6 0 -250.75; 0 0 1 0.001; 0 0 0 1]; % moving to fixed",
    "dicom": "0.6\\-0.8\\0\\12.5\\0.8\\0.6\\0\\-250.75\\0\\0\\1\\0.001\\0\\0\\0\\1",
    "one number a line": "\n".join(f"{value!r}" for value in MATRIX.ravel().tolist()),
    "comments": "# moving to fixed, 4 mm\n0.6 -0.8 0 12.5 // first\n\n0.8 0.6 0 -250.75\n"
    "0 0 1 0.001\n0 0 0 1 # last",
    "three rows": "0.6 -0.8 0 12.5\n0.8 0.6 0 -250.75\n0 0 1 0.001\n",
    "three rows on one line": "[[.6,-.8,0,12.5],[.8,.6,0,-250.75],[0,0,1,.001]]",
    "plus signs": "+0.6 -0.8 0 +12.5 +0.8 +0.6 0 -250.75 0 0 1 +1e-3 0 0 0 1",
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_a_matrix_is_read_row_by_row_however_it_is_set(text):
    np.testing.assert_array_equal(matrixFromText(text, "m.txt"), MATRIX)


REFUSED = {
    "nothing": ("", "found 0"),
    "15 numbers": ("1 0 0 0 0 1 0 0 0 0 1 0 0 0 0", "expected 16 numbers.* found 15"),
    "17 numbers": ("1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1 5", "found 17"),
    "12 numbers in one row, which may be a matrix and a shift": (
        "1 0 0 0 1 0 0 0 1 10 20 30",
        "3 rows of 4, found 12 in 1 rows",
    ),
    "12 numbers in rows of 3": ("1 0 0\n0 1 0\n0 0 1\n5 6 7", "found 12 in 4 rows"),
    "two matrices": ("1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1\n" * 2, "found 32"),
    "decimal commas": ("1,0 0,0 0,0 5,5\n0,0 1,0 0,0 6,5\n0,0 0,0 1,0 7,5", "found 24"),
    "row vectors": ("1 0 0 0\n0 1 0 0\n0 0 1 0\n5 6 7 1", "row vectors"),
    "a projection": ("1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0.1 1", "last row, found 0 0 0.1 1"),
    "a last row that is nearly right": ("1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1.00001", "last row"),
    "words": ("1 0 0 0\nhello 1 0 0", "something else in line 2"),
    "not a number": ("1 0 0 nan\n0 1 0 0\n0 0 1 0", "finite numbers, found nan in line 1"),
    "infinity": ("1 0 0 0\n0 -Inf 0 0\n0 0 1 0", "found -Inf in line 2"),
    "beyond float64": ("1 0 0 1e999\n0 1 0 0\n0 0 1 0", "too large in line 1"),
    "underscores": ("1_0 0 0 0", "something else"),
    "digits of another script": ("١ 0 0 0", "something else"),
    "hexadecimal": ("0x1 0 0 0", "something else"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_matrix_is_refused_with_what_was_found(text, message):
    with pytest.raises(MalformedObjectError, match=message):
        matrixFromText(text, "m.txt")


def test_a_message_never_repeats_words_of_the_text():
    with pytest.raises(MalformedObjectError) as refused:
        matrixFromText("Miller^Jane 0 0 0", "m.txt")
    assert "Miller" not in str(refused.value)
    assert "m.txt" in str(refused.value)
