"""What the stand-ins of the application and its modules do. See `standIns`."""

from __future__ import annotations

import slicer
from PySide6 import QtCore

from .standIns import behaves, standIn


@behaves
class qSlicerCoreApplication:
    _defaults = {"majorVersion": 5, "minorVersion": 12}  # noqa: RUF012

    def _build(self):
        self._manager = standIn("qSlicerModuleManager")(self)
        self._isTesting = True

    def testingEnabled(self):
        return self._isTesting

    def mrmlScene(self):
        return slicer.mrmlScene

    def dicomDatabase(self):
        return slicer.dicomDatabase

    def moduleManager(self):
        return self._manager

    def settings(self):
        return QtCore.QSettings()

    def userSettings(self):
        return QtCore.QSettings()


@behaves
class qSlicerApplication:
    def layoutManager(self):
        return self._layoutManager

    def applicationLogic(self):
        return self._layoutManager._application

    def moduleLogic(self, name):
        return self.applicationLogic().GetModuleLogic(name)


@behaves
class qSlicerDICOMLoadable:
    _defaults = {"name": "Unknown", "confidence": 0.5}  # noqa: RUF012


@behaves
class qSlicerDICOMExportable:
    def _build(self):
        self._tags = {}

    def setTag(self, name, value):
        self._tags[name] = value

    def tag(self, name):
        return self._tags.get(name, "")

    def _get_tags(self):
        return dict(self._tags)
