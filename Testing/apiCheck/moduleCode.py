"""Python code of a module: whether the names that it uses exist in Slicer.

The classes of variables are followed as far as the code shows them: objects of the .ui file,
constructors, annotated arguments, what methods return. Names of other variables are not checked.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import slicer
import slicer.util
import vtk

from .classMembers import OLDEST, classMembers, isAfter, isKnown, normalized, qtClass, whyNotClass
from .findings import ApiFinding

ROOTS = {  # objects that Slicer has, and their classes
    "slicer.app": "qSlicerApplication",
    "slicer.mrmlScene": "vtkMRMLScene",
    "slicer.dicomDatabase": "ctkDICOMDatabase",
}
NEW_IN_UTIL = {"LazyImport": "5.13"}  # functions of slicer.util that not all releases have
UI = "self.ui."  # where the objects of the .ui file are kept
MAKERS = ("AddNewNodeByClass", "CreateNodeByClass", "GetFirstNodeByClass")


def codeFindings(
    path: Path, classOfObject: Mapping[str, str], oldest: str = OLDEST
) -> list[ApiFinding]:
    """What the application would not accept in the code of a module.

    `classOfObject` gives the class of each object in its .ui files.
    """
    reading = _Reading(path.name, classOfObject, oldest)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    reading.collectAttributes(tree)
    reading.visit(tree)
    return reading.findings


def dotted(node: ast.AST) -> str:
    """“self.ui.button” for such an expression, "" for any other."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    return ".".join([node.id, *names]) if isinstance(node, ast.Name) else ""


def vtkClass(className: str) -> type | None:
    return getattr(slicer, className or "-", None) or getattr(vtk, className or "-", None)


class _Reading(ast.NodeVisitor):
    def __init__(self, file: str, classOfObject: Mapping[str, str], oldest: str) -> None:
        self.file = file
        self.classOfObject = classOfObject
        self.oldest = oldest
        self.findings: list[ApiFinding] = []
        self.classes: dict[str, str] = dict(ROOTS)  # of expressions such as “self.button”

    # Which class --------------------------------------------------------------------------------

    def collectAttributes(self, tree: ast.AST) -> None:
        """Classes of attributes of self, which one method makes and another one uses."""
        seen: dict[str, set[str]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if dotted(target).startswith("self."):
                        seen.setdefault(dotted(target), set()).add(self.classOf(node.value))
        self.classes |= {name: one.pop() for name, one in seen.items() if len(one) == 1}

    def classOf(self, node: ast.AST) -> str:
        """Name of the class of an expression, "" where it is not known."""
        name = dotted(node)
        if name.startswith(UI) and name.count(".") == 2:
            return self.classOfObject.get(name.removeprefix(UI), "")
        if name in self.classes:
            return self.classes[name]
        if not isinstance(node, ast.Call):
            return ""
        made = self.classNamed(node.func)
        if made or not isinstance(node.func, ast.Attribute):
            return made
        first = node.args[0] if node.args else None
        if node.func.attr in MAKERS and isinstance(first, ast.Constant):
            return str(first.value)
        owner = self.classOf(node.func.value)
        if not isKnown(owner):
            return ""
        return classMembers(owner, self.oldest).methods.get(node.func.attr, "")

    def classNamed(self, node: ast.AST) -> str:
        """The class that an expression such as qt.QLabel names, "" if it names none."""
        library, _, name = dotted(node).partition(".")
        isClass = library in ("qt", "ctk", "slicer", "vtk") and name and "." not in name
        return name if isClass and (isKnown(name) or vtkClass(name) is not None) else ""

    # What is said -------------------------------------------------------------------------------

    def report(self, node: ast.expr | ast.stmt, message: str) -> None:
        self.findings.append(ApiFinding(self.file, node.lineno, message))

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        for target in node.targets:
            if dotted(target):
                self.classes[dotted(target)] = self.classOf(node.value)
            if isinstance(target, ast.Attribute):
                self.checkSet(target)

    def checkSet(self, target: ast.Attribute) -> None:
        owner = self.classOf(target.value)
        if isKnown(owner):
            members = classMembers(owner, self.oldest)
            if target.attr in members and (
                target.attr not in members.properties or target.attr in members.readOnly
            ):
                self.report(target, f"{owner}.{target.attr} cannot be set")

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        outside = dict(self.classes)
        for argument in (*node.args.args, *node.args.kwonlyargs):
            annotation = argument.annotation
            self.classes[argument.arg] = self.classNamed(annotation) if annotation else ""
        self.generic_visit(node)
        self.classes = outside

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.module == "slicer.util":
            for alias in node.names:
                self.checkUtil(node, alias.name)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.generic_visit(node)
        library, _, name = dotted(node).partition(".")
        if library in ("qt", "ctk", "slicer", "vtk") and name:
            self.checkLibraryName(node, library, name)
        isOfUi = dotted(node).startswith(UI) and dotted(node).count(".") == 2
        if isOfUi and node.attr not in self.classOfObject:
            self.report(node, f"there is no object {node.attr} in the .ui file")
        owner = self.classOf(node.value)
        if isKnown(owner):
            members = classMembers(owner, self.oldest)
            if node.attr not in members:
                self.report(node, f"{owner} has no {node.attr}")
            elif node.attr in members.newer:
                self.report(node, f"{owner}.{node.attr} {members.newer[node.attr]}")
        elif vtkClass(owner) is not None and not hasattr(vtkClass(owner), node.attr):
            self.report(node, f"{owner} has no {node.attr}")

    def checkLibraryName(self, node: ast.Attribute, library: str, name: str) -> None:
        """What stands behind “qt.”, “ctk.”, “slicer.” or “vtk.”."""
        first, _, member = name.partition(".")
        if library == "slicer" and first == "util":
            if member and "." not in member:
                self.checkUtil(node, member)
        elif library == "vtk" or first.startswith("vtk"):
            owner = vtkClass(first)
            if owner is None or (member and "." not in member and not hasattr(owner, member)):
                self.report(node, f"there is no {library}.{name}")
        elif library in ("qt", "ctk") or first.startswith(("qMRML", "qSlicer")):
            self.checkClass(node, library, first, member)

    def checkClass(self, node: ast.Attribute, library: str, name: str, member: str) -> None:
        isOfQt = qtClass(name) is not None
        reason = whyNotClass(name, self.oldest)
        if not reason and isOfQt != (library == "qt"):
            reason = f"{name} is not in {library}"
        if not member:
            if reason:
                self.report(node, reason)
        elif not reason and "." not in member:
            owner = qtClass(name)
            isThere = hasattr(owner, member) if owner else member in classMembers(name, self.oldest)
            if not isThere:
                self.report(node, f"there is no {library}.{name}.{member}")

    def checkUtil(self, node: ast.expr | ast.stmt, name: str) -> None:
        if not hasattr(slicer.util, name):
            self.report(node, f"there is no slicer.util.{name}")
        elif isAfter(NEW_IN_UTIL.get(name, self.oldest), self.oldest):
            self.report(node, f"slicer.util.{name} is new in Slicer {NEW_IN_UTIL[name]}")

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        self.checkOwnership(node)
        if not isinstance(node.func, ast.Attribute):
            self.checkInheritance(node)
            return
        owner = self.classOf(node.func.value)
        if not isKnown(owner):
            return
        members = classMembers(owner, self.oldest)
        if node.func.attr in members.properties:
            self.report(node, f"{owner}.{node.func.attr} is a property: it cannot be called")
        first = node.args[0] if node.args else None
        if node.func.attr in ("connect", "disconnect") and isinstance(first, ast.Constant):
            self.checkSignal(node, owner, normalized(str(first.value)))

    def checkInheritance(self, node: ast.Call) -> None:
        """Classes of PythonQt are not derived from each other."""
        if dotted(node.func) not in ("isinstance", "issubclass") or len(node.args) != 2:
            return
        kinds = node.args[1]
        for kind in kinds.elts if isinstance(kinds, ast.Tuple) else (kinds,):
            if isKnown(self.classNamed(kind)):
                told = f"isinstance is false for classes derived from {self.classNamed(kind)}"
                self.report(node, f"{told}: ask inherits()")

    def checkOwnership(self, node: ast.Call) -> None:
        """PythonQt deletes what Python made, unless the function that it is given to keeps it."""
        if self.classNamed(node.func) == "QListWidgetItem":
            self.report(node, "a QListWidgetItem may go with its variable: make it by addItem(str)")

    def checkSignal(self, node: ast.Call, owner: str, signature: str) -> None:
        members = classMembers(owner, self.oldest)
        name = signature.partition("(")[0]
        if not members.signalsNamed(name):
            self.report(node, f"{owner} has no signal {name}")
        elif signature not in members.signals:
            offered = " or ".join(members.signalsNamed(name))
            self.report(node, f"{owner} has no signal {signature}, but {offered}")
        elif signature in members.newer:
            self.report(node, f"{owner}.{signature} {members.newer[signature]}")
