"""`ihero view` with deformable registrations."""

import struct

import pytest

from IHERODeformationLib.pictures.fieldKind import FieldKind
from IHERORegistrationLib.cli import main

pytestmark = pytest.mark.usefixtures("canDraw")
PLAIN = ("--plane", "axial", "--width", 300, "--dose", "none", "--structures", "none")


def view(phantom, out, *options, encoding="drro"):
    path = phantom.deformation(encoding).path
    return main(
        [str(one) for one in ("view", path, "--data", phantom.folder, "--out", out, *options)]
    )


def width(path):
    return struct.unpack(">I", path.read_bytes()[16:20])[0]


def seriesUID(scan):
    return scan.reference.seriesInstanceUID


@pytest.mark.parametrize("kind", FieldKind)
def test_fields_are_drawn_in_each_way(deformedPhantom, tmp_path, capsys, kind):
    assert view(deformedPhantom, tmp_path / "field.png", *PLAIN, "--field", kind) == 0
    label = {"grid": "Displaced grid", "jacobian": "Jacobian determinant"}.get(kind, "Displacement")
    assert f"{label} on CT “Registered”: deformable: DRRO" in capsys.readouterr().err
    assert width(tmp_path / "field.png") == 300


def test_a_named_overlay_lies_under_lines_but_not_under_colors(deformedPhantom, tmp_path, capsys):
    named = ("--overlay", seriesUID(deformedPhantom.source), "--field")
    assert view(deformedPhantom, tmp_path / "lines.png", *PLAIN, *named, "grid") == 0
    assert "CT “Source” and Displaced grid on CT “Registered”" in capsys.readouterr().err
    assert view(deformedPhantom, tmp_path / "colors.png", *PLAIN, *named, "magnitude") == 0
    assert "Source" not in capsys.readouterr().err


def test_the_overlay_and_the_dose_are_deformed(deformedPhantom, tmp_path, capsys):
    out = tmp_path / "fused.png"
    assert view(deformedPhantom, out, *PLAIN[:4], "--structures", "none") == 0
    told = capsys.readouterr()
    assert "CT “Source” and Dose on CT “Registered”: deformable: DRRO" in told.err
    assert told.out.strip() == str(out)


def test_before_and_after_lie_side_by_side(deformedPhantom, tmp_path):
    out = tmp_path / "both.png"
    assert view(deformedPhantom, out, *PLAIN, "--before", "--mode", "difference") == 0
    assert width(out) == 2 * 300 + 6


def test_against_the_deformation_one_goes_only_when_asked(deformedPhantom, tmp_path, capsys):
    base = ("--base", seriesUID(deformedPhantom.source))
    assert view(deformedPhantom, tmp_path / "one.png", *PLAIN, *base) == 0
    told = capsys.readouterr().err
    assert "CT “Registered” is not shown: no registration leads from it" in told
    assert "CT “Source”: one image" in told
    assert view(deformedPhantom, tmp_path / "two.png", *PLAIN, *base, "--inverse") == 0
    assert "deformable: DRRO by numerical inverse" in capsys.readouterr().err


def test_of_several_structure_sets_the_one_that_comes_to_the_base_is_drawn(
    deformedPhantom, tmp_path, capsys
):
    options = (*PLAIN[:4], "--dose", "none", "--overlay", "none")
    assert view(deformedPhantom, tmp_path / "drawn.png", *options) == 0
    assert "not shown" not in capsys.readouterr().err


def test_what_has_no_field_or_contradicts_itself_is_refused(
    deformedPhantom, phantom, tmp_path, capsys
):
    out = tmp_path / "no.png"
    for options, words in (
        (("--field", "grid", "--before"), "expected one of --field, --before and --unregistered"),
        (("--scale", "0"), "expected --scale above 0 mm, found 0"),
        (("--before", "--overlay", "none"), "expected a deformed image or dose"),
    ):
        assert view(deformedPhantom, out, *PLAIN, *options) != 0
        assert words in capsys.readouterr().err
    data = ("view", "--data", str(phantom.folder), "--out", str(out), "--field", "grid")
    assert main(list(data)) == 2
    assert "expected a Deformable Spatial Registration for --field, found none" in (
        capsys.readouterr().err
    )
    assert not out.exists()
