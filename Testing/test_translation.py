"""All that a user reads in a screen goes through Slicer's translation, as a literal text."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted(
    file
    for pattern in (
        "IHERO*/IHERO*.py",
        "IHERO*/IHERO*Lib/widgets/*.py",
        "IHERO*/IHERO*Lib/*Plugin*.py",
        "IHERO*/IHERO*Lib/*FileReader.py",
    )
    for file in ROOT.glob(pattern)
)
SHOWING = {
    "addItem",
    "addTab",
    "confirmOkCancelDisplay",
    "confirmYesNoDisplay",
    "errorDisplay",
    "infoDisplay",
    "longWork",
    "setHorizontalHeaderLabels",
    "setItemText",
    "setLabelText",
    "setStatusTip",
    "setText",
    "setToolTip",
    "setWindowTitle",
    "showStatusMessage",
    "shownErrors",
    "tell",
    "tryWithErrorDisplay",
    "warningDisplay",
}
SHOWN = {"text", "toolTip", "title", "placeholderText", "windowTitle", "helpText"}
SHOWN |= {"acknowledgementText", "prefix", "suffix", "specialValueText", "accessibleName"}


def untranslated(source):
    """Line and text of each literal that is shown as it stands."""
    tree = ast.parse(source)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in SHOWING:
            found += [one for argument in node.args[:2] for one in _literals(argument)]
        elif isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Attribute) and target.attr in SHOWN for target in node.targets
        ):
            found += _literals(node.value)
    return [f"{one.lineno}: {ast.unparse(one)}" for one in found]


def changedBeforeTranslation(source):
    """Line and text of each that a translator cannot find, because it is not a literal."""
    return [
        f"{node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and _name(node.func) == "_"
        and not (isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str))
    ]


def _name(function):
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _literals(node):
    """The texts with words that a value is made of, but for those that are translated."""
    if isinstance(node, ast.Constant):
        isText = isinstance(node.value, str)
        return [node] if isText and any(len(word) > 1 for word in _words(node.value)) else []
    if isinstance(node, ast.JoinedStr):
        parts = [one for one in node.values if isinstance(one, ast.Constant)]
        return [one for part in parts for one in _literals(part)]
    if isinstance(node, ast.Call):
        isFormat = _name(node.func) in {"format", "join"}
        return _literals(node.func.value) if isFormat else []
    if isinstance(node, ast.IfExp):
        return _literals(node.body) + _literals(node.orelse)
    if isinstance(node, (ast.BinOp, ast.BoolOp)):
        sides = [node.left, node.right] if isinstance(node, ast.BinOp) else node.values
        return [one for side in sides for one in _literals(side)]
    if isinstance(node, (ast.Tuple, ast.List)):
        return [one for side in node.elts for one in _literals(side)]
    return []


def _words(text):
    return "".join(one if one.isalpha() else " " for one in text).split()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_shown_is_translated(file):
    source = file.read_text(encoding="utf-8")
    assert untranslated(source) == []
    assert changedBeforeTranslation(source) == []


@pytest.mark.parametrize(
    "source",
    [
        'label.text = "Done"',
        'label.text = f"{count} images"',
        'slicer.util.infoDisplay("All is well")',
        'with shownErrors("It failed."): pass',
        'box.addItem("Nearest" if plain else _("Cubic"), 1)',
        'label.text = "Done: " + name',
        'label.text = "{count} images".format(count=3)',
    ],
)
def test_a_text_that_is_not_translated_is_found(source):
    assert untranslated(source)


def test_texts_that_are_translated_or_have_no_words_are_left_alone():
    source = 'label.text = f"▲ {done}"\nbox.addItem(_("Cubic"), value)\nlabel.text = ""\n'
    assert untranslated(source) == []


def test_a_text_that_is_put_together_before_it_is_translated_is_found():
    assert changedBeforeTranslation('label.text = _(f"{count} images")')
    assert not changedBeforeTranslation('_("{count} images").format(count=3)')
