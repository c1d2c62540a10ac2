"""What the stand-ins of CTK's widgets for colors, files and several choices do. See `standIns`."""

from __future__ import annotations

from PySide6 import QtCore, QtGui, QtWidgets

from .ctkValues import inOneRow
from .pythonQt import handler, qt
from .standIns import behaves, emit

CHECKED = QtCore.Qt.CheckState.Checked
UNCHECKED = QtCore.Qt.CheckState.Unchecked
CHECK_STATE = QtCore.Qt.ItemDataRole.CheckStateRole


@behaves
class ctkColorPickerButton:
    """A button with a color; in Slicer a click opens a dialog of colors, here it is refused."""

    def _build(self):
        self._color = QtGui.QColor("black")
        self.connect("clicked()", self.changeColor)

    def _get_color(self):
        return self._color

    def _set_color(self, color):
        if color != self._color:
            self._color = QtGui.QColor(color)
            self.update()
            emit(self, "colorChanged(QColor)", self._color)

    def setColor(self, color):
        self._set_color(color)

    def _get_colorName(self):
        return self._color.name()

    def _set_colorName(self, name):
        self._set_color(QtGui.QColor(name))

    @handler
    def paintEvent(self, event):
        painter = QtWidgets.QStylePainter(self)
        option = QtWidgets.QStyleOptionButton()
        self.initStyleOption(option)
        painter.drawControl(QtWidgets.QStyle.ControlElement.CE_PushButtonBevel, option)
        side = self.height - 10
        painter.fillRect(6, 5, side, side, self._color)
        rest = self.rect.adjusted(side + 12, 0, 0, 0)
        text = self.colorName if self.displayColorName else self.text
        painter.drawText(rest, QtCore.Qt.AlignmentFlag.AlignVCenter, text)


@behaves
class ctkPathLineEdit:
    """A path to type, or to choose in a dialog."""

    _defaults = {"showBrowseButton": True}  # noqa: RUF012 of the real widget

    def _build(self):
        self._line = QtWidgets.QLineEdit()
        self._button = QtWidgets.QToolButton()
        self._button.setText("…")
        inOneRow(self, self._line, self._button)
        self._line.connect("textChanged(QString)", self._typed)
        self._button.connect("clicked()", self.browse)

    def _typed(self, text):
        emit(self, "currentPathChanged(QString)", text)

    def _changed_showBrowseButton(self):
        self._button.setVisible(self.showBrowseButton)

    def browse(self):
        chosen = qt.QFileDialog.getOpenFileName(self, self.label)
        if chosen:
            self._line.setText(chosen)

    def addCurrentPathToHistory(self):
        """Nothing is kept."""

    def _get_currentPath(self):
        return self._line.text

    def _set_currentPath(self, path):
        self._line.setText(str(path))


@behaves
class ctkDirectoryButton:
    """A button with the folder that was chosen."""

    def _build(self):
        self._button = QtWidgets.QPushButton(".")
        inOneRow(self, self._button)
        self._button.connect("clicked()", self.browse)

    def _get_directory(self):
        return self._button.text

    def _set_directory(self, folder):
        if folder != self._button.text:
            self._button.setText(folder)
            emit(self, "directoryChanged(QString)", folder)

    def browse(self):
        chosen = qt.QFileDialog.getExistingDirectory(self, self.caption)
        if chosen:
            self._set_directory(chosen)
            emit(self, "directorySelected(QString)", chosen)


@behaves
class ctkCheckableComboBox:
    """A combo box each of whose items has a check mark."""

    def _build(self):
        self.model().dataChanged.connect(self._changed)

    def _changed(self, first, last, roles=()):
        if not roles or CHECK_STATE in roles:
            emit(self, "checkedIndexesChanged()")

    def _indexes(self):
        return [self.model().index(row, 0) for row in range(self.count)]

    def checkState(self, index):
        return QtCore.Qt.CheckState(index.data(CHECK_STATE) or UNCHECKED)

    def setCheckState(self, index, state):
        item = self.model().itemFromIndex(index)
        item.setCheckable(True)
        item.setCheckState(state)

    def checkedIndexes(self):
        return [one for one in self._indexes() if self.checkState(one) == CHECKED]

    def allChecked(self):
        return len(self.checkedIndexes()) == self.count

    def noneChecked(self):
        return not self.checkedIndexes()

    def checkableModel(self):
        return self.model()
