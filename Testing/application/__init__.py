"""A stand-in of the Slicer application for tests: PySide6 with the face of PythonQt, widgets of CTK
and Slicer that have the names of the real ones and no others, and Slicer's own scene, logic and
displayable managers from slicer-core.

`runningApplication.runningApplication` starts it and `loadModule` loads a module; beside them

    mainWindows    the main window with a module and the views, to use and to take a picture of
    dialogs        what dialogs said, and answers to them
    appearance     light and dark colors; another process with a screen of another scale
    legibility     texts that are cut off, widgets without a tool tip
    openedScenes   save, close and open the scene
    selfTests      the self-test of a module
    sampleData     what a click on sample data makes

What it does not do it refuses by name (NotImplementedError). Of what widgets look like and do it
proves nothing beyond that: it is not their code. What views show is Slicer's own drawing.
"""
