"""Runs the self-test that a module's file holds, as “Reload and Test” does."""

from __future__ import annotations

import slicer

from .runningApplication import LoadedModule


def runSelfTest(module: LoadedModule) -> None:
    """Run the class <Name>Test of a loaded module over an empty scene.

    Raises
        what the test raised, an AssertionError for what does not hold.
    """
    slicer.mrmlScene.Clear(False)
    name = f"{module.python.__name__}Test"
    test = getattr(module.python, name)()
    test.runTest()
    slicer.app.processEvents()
