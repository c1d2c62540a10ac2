"""Images as the scene holds them: the voxels of a volume node, whose files are not asked."""

from __future__ import annotations

from dataclasses import dataclass

import slicer
from pydicom import Dataset

from .images import ImageSeries
from .lattice import Volume
from .nodeIdentity import instancesOfNode, knownFrame, modalityOfNode, patientOfNode
from .nodeVolumes import volumeFromNode
from .references import InstanceReference, SeriesReference
from .subjectHierarchy import CONSTANTS, hierarchyOf


@dataclass(frozen=True, eq=False, repr=False)
class SceneImage(ImageSeries):
    """The image of `node`: it has no slices of its own, but voxels."""

    node: slicer.vtkMRMLScalarVolumeNode = None

    @property
    def headers(self) -> tuple[Dataset, ...]:  # type: ignore[override]
        """One that says nothing."""
        return (Dataset(),)

    def volume(self) -> Volume:
        """The voxels as they are now; see volumeFromNode."""
        return volumeFromNode(self.node, self.frame)


def imageOfNode(node: slicer.vtkMRMLScalarVolumeNode) -> SceneImage:
    """The image of `node` in its own coordinates, which no transform above it changes; its `frame`
    is empty where nothing tells it.

    Raises
        MalformedObjectError: see volumeFromNode.
    """
    uids = tuple(InstanceReference("", uid) for uid in instancesOfNode(node))
    return SceneImage(
        patient=patientOfNode(node),
        frame=knownFrame(node),
        reference=SeriesReference("", _seriesOf(node), uids),
        modality=modalityOfNode(node),
        sopClassUID="",
        description=node.GetName() or "",
        lattice=volumeFromNode(node, "").lattice,
        slices=(),
        node=node,
    )


def _seriesOf(node: slicer.vtkMRMLScalarVolumeNode) -> str:
    hierarchy = hierarchyOf(node.GetScene())
    item = hierarchy.GetItemByDataNode(node)
    if item == hierarchy.GetInvalidItemID():
        return ""
    return hierarchy.GetItemUID(item, CONSTANTS.GetDICOMUIDName()) or ""
