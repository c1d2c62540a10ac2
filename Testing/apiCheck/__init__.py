"""Names used in the module files and their .ui files, checked against what Slicer offers to Python.

application.json holds the names of Slicer and CTK. Those of Qt, VTK, MRML and slicer.util are asked
of PySide6 and slicer-core.
"""
