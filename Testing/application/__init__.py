"""A stand-in of the Slicer application for tests: PySide6 with the face of PythonQt, widgets of CTK
and Slicer that have the names of the real ones and no others, and the scene of slicer-core.

`runningApplication.runningApplication` starts it. What it does not do it refuses by name
(NotImplementedError); it proves nothing of how the real widgets draw or behave beyond that.
"""
