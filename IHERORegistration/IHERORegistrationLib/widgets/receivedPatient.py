"""A made patient received through a DICOM database of his own, for the self-tests of the modules.

Nothing of the user's own database or scene is used; the scene is empty before and after.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import slicer
import slicer.util
from DICOMLib import DICOMUtils

from ..dicomPlugin import RegistrationPlugin


@contextlib.contextmanager
def receivedPatient(write: Callable[[Path], object]) -> Iterator[Path]:
    """The files that `write` makes in a folder, all loaded through the readers of the DICOM
    browser, none applied. Gives that folder.
    """
    listeners, RegistrationPlugin.listeners = RegistrationPlugin.listeners, ()  # nothing is asked
    slicer.mrmlScene.Clear()
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            files = Path(folder) / "patient"
            write(files)
            with DICOMUtils.TemporaryDICOMDatabase(str(Path(folder) / "database")):
                DICOMUtils.importDicom(str(files))
                for patient in slicer.dicomDatabase.patients():
                    DICOMUtils.loadPatientByUID(patient)
                yield files
    finally:
        RegistrationPlugin.listeners = listeners
        slicer.mrmlScene.Clear()
