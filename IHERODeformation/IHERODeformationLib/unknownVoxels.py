"""The voxels of a deformed image or dose that have no value of their own, to be seen."""

from __future__ import annotations

import numpy as np
import slicer

from IHERORegistrationLib.dataNodes import Segment, segmentationNode
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.sentences import percentage

UNDEFINED = ("Undefined", (230, 159, 0))  # orange and blue, which everybody tells apart
BEYOND = ("Beyond the source", (0, 114, 178))
OPACITY = 0.25  # of the fill: what is below stays visible


def unknownVoxelsNode(
    name: str,
    lattice: Lattice,
    frame: str,
    undefined: np.ndarray,
    outside: np.ndarray,
    scene: slicer.vtkMRMLScene,
) -> slicer.vtkMRMLSegmentationNode | None:
    """A segmentation that marks voxels of `lattice`, bool of its shape: `undefined`, of which the
    registration says nothing, and `outside`, which it takes beyond the source. None if every voxel
    has a value.
    """
    segments = []
    for (word, color), marked in ((UNDEFINED, undefined), (BEYOND, outside)):
        if marked.any():
            share = percentage(float(marked.mean()))
            shape = Volume(marked.astype(np.uint8), lattice, frame)
            segments.append(Segment(f"{word} ({share})", color, shape))
    if not segments:
        return None
    node = segmentationNode(segments, frame, scene, f"Without value: {name}")
    node.GetDisplayNode().SetOpacity2DFill(OPACITY)
    node.GetDisplayNode().SetVisibility3D(False)
    return node
