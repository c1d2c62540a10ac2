"""What each module adds to the start of Slicer: its file is imported and describes itself.

In a process of its own, where `slicer` and the stand-in of the application are there already, and
pydicom is not.
"""

from __future__ import annotations

from .timing import Row, printed

MODULES = ("IHERORegistration", "IHERODeformation")
LIMIT = 0.3  # s

CODE = """
import sys, tempfile, time
from pathlib import Path
import slicer.util
from application.runningApplication import loadModule, runningApplication
for name in [name for name in sys.modules if name.startswith(("pydicom", "IHERO"))]:
    del sys.modules[name]
with tempfile.TemporaryDirectory() as folder, runningApplication(Path(folder)):
    for name in {names!r}:
        began = time.process_time()
        loadModule(Path({root!r}) / name / (name + ".py"))
        print(time.process_time() - began)
"""


def run() -> list[Row]:
    """Seconds of the processor, the least of some processes; the second module after the first."""
    from .__main__ import CHECKOUT

    code = CODE.format(names=MODULES, root=str(CHECKOUT))
    times = [printed(code) for _ in range(3)]
    best = [min(column) for column in zip(*times, strict=True)]
    return [
        Row(f"import {name} at Slicer's start", one, None, None, LIMIT)
        for name, one in zip(MODULES, best, strict=True)
    ]
