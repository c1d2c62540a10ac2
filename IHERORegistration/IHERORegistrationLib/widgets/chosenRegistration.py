"""What all panels of a module work on: a registration and the two images that it connects."""

import slicer
from slicer.parameterNodeWrapper import parameterNodeWrapper


@parameterNodeWrapper
class ChosenRegistration:
    """`registration` is the transform node, `base` the image that stays, `overlay` the image that
    is moved onto it; each is None where nothing is chosen.
    """

    registration: slicer.vtkMRMLTransformNode
    base: slicer.vtkMRMLScalarVolumeNode
    overlay: slicer.vtkMRMLScalarVolumeNode
