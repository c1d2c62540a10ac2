"""What draws the nodes of a scene in views: Slicer's own managers, as its modules register them."""

from __future__ import annotations

import slicer
from vtkmodules.vtkRenderingCore import vtkRenderer

IN_SLICES = (
    "vtkMRMLVolumeGlyphSliceDisplayableManager",
    "vtkMRMLModelSliceDisplayableManager",
    "vtkMRMLCrosshairDisplayableManager",
    "vtkMRMLOrientationMarkerDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
    "vtkMRMLScalarBarDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager2D",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLTransformsDisplayableManager2D",
    "vtkMRMLLinearTransformsDisplayableManager",
    "vtkMRMLColorLegendDisplayableManager",
)
IN_SPACE = (
    "vtkMRMLCameraDisplayableManager",
    "vtkMRMLViewDisplayableManager",
    "vtkMRMLModelDisplayableManager",
    "vtkMRMLCrosshairDisplayableManager3D",
    "vtkMRMLOrientationMarkerDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager3D",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLTransformsDisplayableManager3D",
    "vtkMRMLLinearTransformsDisplayableManager",
    "vtkMRMLColorLegendDisplayableManager",
)


def sliceManagers(
    application: slicer.vtkMRMLApplicationLogic, renderer: vtkRenderer
) -> slicer.vtkMRMLDisplayableManagerGroup:
    return _group(_factories()[0], IN_SLICES, application, renderer)


def spaceManagers(
    application: slicer.vtkMRMLApplicationLogic, renderer: vtkRenderer
) -> slicer.vtkMRMLDisplayableManagerGroup:
    return _group(_factories()[1], IN_SPACE, application, renderer)


def leave() -> None:
    """Let go of the application, and with it of the scene."""
    for factory in _factories():
        factory.SetMRMLApplicationLogic(None)


def _factories():
    """For slice views and for 3D views; each is the only one of its kind in a process."""
    return (
        slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance(),
        slicer.vtkMRMLThreeDViewDisplayableManagerFactory.GetInstance(),
    )


def _group(factory, names, application, renderer):
    factory.SetMRMLApplicationLogic(application)
    for name in names:
        if not factory.IsDisplayableManagerRegistered(name):
            factory.RegisterDisplayableManager(name)
    group = slicer.vtkMRMLDisplayableManagerGroup()
    group.SetRenderer(renderer)
    group.Initialize(factory, renderer)
    return group


def managerNamed(group: slicer.vtkMRMLDisplayableManagerGroup, name: str):
    """The manager of that class in a group, or None."""
    count = group.GetDisplayableManagerCount()
    each = (group.GetNthDisplayableManager(number) for number in range(count))
    return next((one for one in each if one.IsA(name)), None)
