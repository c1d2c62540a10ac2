"""Takes the pictures of the documents anew, in Resources/Screenshots: `python -m screenshots`, or
with names of journeys behind it.

Made patients of the size of the demonstration are used, and what is done is what the tests of the
journeys do.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
from PySide6 import QtGui
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkImagingColor import vtkImageQuantizeRGBToIndex

from application import dialogs
from IHERODeformationLib.phantoms.deformedPhantom import DeformedPhantom, writeDeformedPhantom
from IHERODeformationLib.phantoms.encodings import ENCODINGS, Encoding
from IHERODeformationLib.phantoms.pairs import Extent, PairRecipe
from IHERORegistrationLib.phantoms.phantom import writePhantom
from IHERORegistrationLib.phantoms.scans import Recipe, Size, separateScans
from journeys.user import User, pixelsOf, userOf

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "Resources" / "Screenshots"
DOCUMENTS = (ROOT / "README.md", ROOT / "Testing/in-application.md", *ROOT.glob("Docs/*.md"))
COLORS = 256


def review(folder: Path) -> Callable[[User], Iterator[str]]:
    """A registration is received and reviewed; the patient is written into a folder."""
    phantom = writePhantom(folder, Recipe(separateScans(), size=Size.DEMO))
    place = np.add(phantom.isocenter(phantom.primary.frame), (22, 4, 0))

    def journey(user: User) -> Iterator[str]:
        from journeys.receiveAndReview import receiveAndReview  # needs the application

        return receiveAndReview(user, place)

    return journey


def propagate(folder: Path) -> Callable[[User], Iterator[str]]:
    """Structures and dose go through a deformation."""
    patient = breathed(folder, encodings=[one for one in ENCODINGS if one.name == "drro"])

    def journey(user: User) -> Iterator[str]:
        from journeys.propagateContoursAndDose import propagateContoursAndDose

        return propagateContoursAndDose(user, patient.frames, patient.target)

    return journey


def register(folder: Path) -> Callable[[User], Iterator[str]]:
    """Two scans are registered."""
    patient = breathed(folder, encodings=())

    def journey(user: User) -> Iterator[str]:
        from journeys.registerAndSend import registerAndSend

        return registerAndSend(user, patient.frames, patient.target)

    return journey


def breathed(folder: Path, encodings: Iterable[Encoding]) -> DeformedPhantom:
    """Write a patient who breathed."""
    return writeDeformedPhantom(folder, PairRecipe(extent=Extent.DEMO), encodings=encodings)


JOURNEYS = {"review": review, "propagate": propagate, "register": register}


def takePictures(name: str) -> None:
    """One picture of each step of a journey that the documents show."""
    documents = "".join(one.read_text() for one in DOCUMENTS)
    with tempfile.TemporaryDirectory() as temporary:
        settings, patient = Path(temporary) / "settings", Path(temporary) / "patient"
        settings.mkdir()
        journey = JOURNEYS[name](patient)
        with userOf(settings, patient) as user:
            for step in journey(user):
                dialog = dialogs.shown[-1] if dialogs.shown else None
                path = FOLDER / f"{name}-{step}.png"
                if path.name in documents:
                    save(user.picture(dialog), path)
                    print(f"{path.name}: {path.stat().st_size // 1000} kB", flush=True)
                dialogs.shown.clear()


def save(picture: QtGui.QImage, path: Path) -> None:
    """Write a picture small, in 256 colors of its own."""
    pixels = pixelsOf(picture)
    rows, columns, _ = pixels.shape
    data = vtkImageData()
    data.SetDimensions(columns, rows, 1)
    data.GetPointData().SetScalars(numpy_to_vtk(pixels.reshape(-1, 3)))
    quantizer = vtkImageQuantizeRGBToIndex()
    quantizer.SetNumberOfColors(COLORS)
    quantizer.SetInputData(data)
    quantizer.Update()
    indices = vtk_to_numpy(quantizer.GetOutput().GetPointData().GetScalars())
    table = quantizer.GetLookupTable()
    small = np.ascontiguousarray(indices.reshape(rows, columns).astype(np.uint8))
    image = QtGui.QImage(small.data, columns, rows, columns, QtGui.QImage.Format.Format_Indexed8)
    entries = (table.GetTableValue(one)[:3] for one in range(table.GetNumberOfTableValues()))
    image.setColorTable([QtGui.QColor.fromRgbF(*one).rgb() for one in entries])
    if not image.save(str(path), "PNG", 0):
        raise OSError(f"cannot write {path}")


if __name__ == "__main__":
    for asked in sys.argv[1:] or JOURNEYS:
        takePictures(asked)
