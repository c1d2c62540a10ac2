"""Drawing a slice view after a change of slice, blend or cursor, against the bare view.

600 × 600 pixels of two images of 512 × 512 × 200 voxels with the outlines of four structures.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import slicer
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkFiltersSources import vtkSphereSource
from vtkmodules.vtkRenderingUI import vtkGenericRenderWindowInteractor

from IHERORegistrationLib.dataNodes import Segment, segmentationNode, volumeNodeFromVolume
from IHERORegistrationLib.headlessScene import newScene
from IHERORegistrationLib.lattice import Lattice, Volume
from IHERORegistrationLib.pictures.graphics import graphicsAvailable
from IHERORegistrationLib.sliceFusion import FusionMode, FusionStyle, SliceFusion
from sliceView import SliceView, sliceView

from .timing import Row, absolute, comparison

SHAPE = (200, 512, 512)
CENTER = np.array([0.0, 20, -60])
SPACING = np.array([0.9, 0.9, 1.5])
LIMIT = 0.1  # s, the promise
COST = 4.0  # × the bare view


def run() -> list[Row]:
    """Each mode after a change of slice, and a spyglass that moves."""
    if not graphicsAvailable():
        pytest.skip("nothing can be drawn here")
    scene = newScene()
    view = _view(scene)
    offsets = itertools.cycle(CENTER[2] + np.arange(-60, 60, 3.0))

    def scroll() -> None:
        view.node.SetSliceOffset(next(offsets))
        view.window.Render()

    fusion = SliceFusion(view.logic, view.renderer)
    rows = []
    for mode in FusionMode:
        rows.append(_row(f"scroll 512×512×200 with contours, {mode}", fusion, mode, scroll, scroll))
    places = itertools.cycle(np.linspace(-100, 100, 41))

    def move() -> None:
        place = (next(places), -CENTER[1], CENTER[2])
        fusion.style = replace(fusion.style, center=place)
        view.window.Render()

    rows.append(_row("move a spyglass", fusion, FusionMode.SPYGLASS, move, scroll))
    fusion.style = FusionStyle(FusionMode.EDGES)
    rows.append(absolute("redraw 600×600 pixels in the slowest mode", scroll, limit=LIMIT))
    fusion.remove()
    return rows


def _row(
    name: str,
    fusion: SliceFusion,
    mode: FusionMode,
    work: Callable[[], None],
    bare: Callable[[], None],
) -> Row:
    def ours() -> None:
        fusion.style = replace(fusion.style, mode=mode)
        work()

    def peer() -> None:
        fusion.style = FusionStyle()
        bare()

    return comparison(name, ours, peer, limit=COST)


def _view(scene: slicer.vtkMRMLScene) -> SliceView:
    view = sliceView(scene, "Red", 600, 600)
    layers = zip(("Background", "Foreground"), imageNodes(scene, ("1.2", "1.2")), strict=True)
    for layer, node in layers:
        getattr(view.composite, f"Set{layer}VolumeID")(node.GetID())
    view.composite.SetForegroundOpacity(0.5)
    structures(scene, "1.2")
    view.held.append(_contours(view, scene))
    view.logic.FitSliceToBackground()
    view.pixels()
    return view


def imageNodes(
    scene: slicer.vtkMRMLScene, frames: tuple[str, str]
) -> list[slicer.vtkMRMLScalarVolumeNode]:
    """Two images of that size, each in its frame."""
    axis = np.arange(512, dtype=np.float32)
    plane = 300 * np.sin(axis / 9)[:, None] + 300 * np.cos(axis / 7)
    lattice = Lattice.fromAxes(SHAPE[::-1], CENTER - SPACING * (256, 256, 100), np.eye(3), SPACING)
    made = []
    for number, frame in enumerate(frames):
        values = (plane + 40 * np.arange(200)[:, None, None] * (number + 1) % 700).astype(np.int16)
        made.append(volumeNodeFromVolume(Volume(values, lattice, frame), scene, f"image {number}"))
    return made


def structures(scene: slicer.vtkMRMLScene, frame: str) -> slicer.vtkMRMLSegmentationNode:
    """Four balls."""
    return segmentationNode([_ball(number) for number in range(4)], frame, scene, "structures")


def _contours(view: SliceView, scene: slicer.vtkMRMLScene) -> slicer.vtkMRMLDisplayableManagerGroup:
    """What draws the outlines of segmentations in the view."""
    interactor = vtkGenericRenderWindowInteractor()
    interactor.SetRenderWindow(view.window)
    view.held.append(interactor)
    application = slicer.vtkMRMLApplicationLogic()
    application.SetMRMLScene(scene)
    view.held.append(application)
    factory = slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance()
    factory.SetMRMLApplicationLogic(application)
    factory.RegisterDisplayableManager("vtkMRMLSegmentationsDisplayableManager2D")
    group = slicer.vtkMRMLDisplayableManagerGroup()
    group.SetRenderer(view.renderer)
    group.Initialize(factory, view.renderer)
    group.SetMRMLDisplayableNode(view.node)
    return group


def _ball(number: int) -> Segment:
    source = vtkSphereSource()
    source.SetCenter(CENTER + np.array([40.0 * number - 60, 0, 0]))
    source.SetRadius(70)
    source.SetThetaResolution(60)
    source.SetPhiResolution(60)
    source.Update()
    surface = vtkPolyData()
    surface.DeepCopy(source.GetOutput())
    return Segment(f"ball {number}", (255, 60 * number, 0), surface)
