"""The DICOM object that a node of the scene was made as, kept with it so that it can be sent as it
is: contours point by point, headers with every reference.

It lies in a hidden text node, which a saved scene holds too. Voxels are not kept twice: those of
the node are put back in, as long as they are the same.
"""

from __future__ import annotations

import base64
import io
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pydicom
import slicer
from pydicom import Dataset
from pydicom.config import disable_value_validation

from .dose import doseFromDataset
from .errors import FrameOfReferenceError, NonconformantError, ReferenceNotFoundError
from .keptText import readsKeptText
from .nodePlace import movedSentence, requireUnmoved
from .nodeVolumes import volumeFromNode
from .placeText import NEAR

ROLE = "IHERO.Object"  # of the reference to the text node


@dataclass(frozen=True)
class KeptProfile:
    """By which profile a kept object was made, and the codes of its rules that it may break by what
    its sources say.
    """

    profile: str
    owed: frozenset[str]


def keepObject(
    node: slicer.vtkMRMLNode, dataset: Dataset, profile: str, owed: Iterable[str] = ()
) -> None:
    """Let `node` know `dataset`, an RT Structure Set, or an RT Dose with its voxels. It was made
    by `profile`, of which it may break the rules `owed`.
    """
    header = Dataset({tag: dataset.get_item(tag) for tag in list(dataset.keys())})
    pixels = header.pop("PixelData").value if "PixelData" in header else None
    content = io.BytesIO()
    with disable_value_validation():
        pydicom.dcmwrite(content, header, implicit_vr=False, little_endian=True)
    text = node.GetScene().AddNewNodeByClass("vtkMRMLTextNode", f"DICOM object of {node.GetName()}")
    text.SetHideFromEditors(True)
    kept: dict[str, object] = {
        "header": base64.b64encode(content.getvalue()).decode(),
        "profile": profile,
        "owed": sorted(owed),
    }
    if pixels is not None:
        kept["voxels"] = zlib.crc32(pixels)
    text.SetText(json.dumps(kept))
    node.SetNodeReferenceID(ROLE, text.GetID())


def keepsObject(node: slicer.vtkMRMLNode) -> bool:
    """Whether `node` was made as an object that it keeps."""
    return node.GetNodeReference(ROLE) is not None


@readsKeptText
def keptProfile(node: slicer.vtkMRMLNode) -> KeptProfile:
    """How the object was made that `node` keeps.

    Raises
        ReferenceNotFoundError: it keeps none.
        MalformedRegistrationError: what is kept cannot be read.
    """
    kept = _kept(node)
    return KeptProfile(kept["profile"], frozenset(kept["owed"]))


@readsKeptText
def keptObject(node: slicer.vtkMRMLNode) -> Dataset:
    """The object that `node` was made as, with its voxels.

    Raises
        ReferenceNotFoundError: it keeps none.
        MalformedRegistrationError: what is kept cannot be read.
        NonconformantError: its voxels are not those that it was made with.
        FrameOfReferenceError: it was moved in its own coordinates.
    """
    requireUnmoved(node)
    kept = _kept(node)
    content = io.BytesIO(base64.b64decode(kept["header"]))
    dataset = pydicom.dcmread(content, force=True)
    if "voxels" in kept:
        pixels = _storedDose(node, dataset)
        if zlib.crc32(pixels) != kept["voxels"]:
            raise NonconformantError(
                f"the voxels of {node.GetName()} were changed since it was made: the object that "
                "it keeps does not describe them any more",
                (),
            )
        with disable_value_validation():
            dataset.PixelData = pixels
        _requireInPlace(node, dataset)
    return dataset


def _requireInPlace(node: slicer.vtkMRMLScalarVolumeNode, dataset: Dataset) -> None:
    here = volumeFromNode(node, "").lattice
    apart = here.corners - doseFromDataset(dataset).volume.lattice.corners
    if np.linalg.norm(apart, axis=-1).max() > NEAR * here.spacing.min():
        raise FrameOfReferenceError(movedSentence(node))


def _kept(node: slicer.vtkMRMLNode) -> dict[str, Any]:
    text = node.GetNodeReference(ROLE)
    if text is None:
        raise ReferenceNotFoundError(f"{node.GetName()} keeps no DICOM object that it was made as")
    return dict(json.loads(text.GetText()))


def _storedDose(node: slicer.vtkMRMLNode, dataset: Dataset) -> bytes:
    """The values of `node` as whole multiples of the Dose Grid Scaling of `dataset`."""
    values = volumeFromNode(node, "").values.astype(float) / float(dataset.DoseGridScaling)
    sign = "i" if dataset.PixelRepresentation else "u"
    limits = np.iinfo(f"<{sign}{dataset.BitsAllocated // 8}")
    return np.clip(np.rint(values), limits.min, limits.max).astype(limits.dtype).tobytes()
