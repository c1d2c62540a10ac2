"""Every button of both modules' panels, and what it is: whoever adds one adds it here, so that the
tests of faults press it too.
"""

from __future__ import annotations

LONG, QUICK, ASKING = "long work", "done at once", "asks for a file first"

DISPLAY = dict.fromkeys(
    (
        "threePlanesButton",
        "sideBySideButton",
        "fourUpButton",
        "besideNativeButton",
        "previousLayoutButton",
        "blend0Button",
        "blend50Button",
        "blend100Button",
        "doseColorsButton",
        "onlyStructuresButton",
        "copyPinnedButton",
        "unpinButton",
        "matchWindowButton",
        "keysButton",
    ),
    QUICK,
)
APPLY = {
    "placeButton": QUICK,
    "takeOutButton": QUICK,
    "undoPlacementButton": QUICK,
    "redoPlacementButton": QUICK,
    "hardenButton": LONG,
    "resampleButton": LONG,
}
CONTOUR = {
    "carryAllButton": QUICK,
    "carryNoneButton": QUICK,
    "carryButton": LONG,
    "copyCarriedButton": QUICK,
    "exportCarriedButton": QUICK,
}
SHARED = {
    "RegistrationsPanel": {
        "loadImagesButton": LONG,
        "copyReportButton": QUICK,
        "exchangeButton": QUICK,
    },
    "FramesPanel": {"useWayButton": QUICK},
    "DisplayPanel": DISPLAY,
    "ExportPanel": {"copyFindingsButton": QUICK, "exportButton": LONG, "copyExportedButton": QUICK},
}
BUTTONS = {
    "IHERORegistration": {
        **SHARED,
        "ApplyPanel": APPLY,
        "RegisterPanel": {
            "placeFixedButton": QUICK,
            "placeMovingButton": QUICK,
            "deletePairButton": QUICK,
            "landmarksButton": QUICK,
            "automaticButton": LONG,
            "manualBeginButton": QUICK,
            "manualResetButton": QUICK,
            "manualCancelButton": QUICK,
            "manualKeepButton": QUICK,
        },
        "ContourPanel": CONTOUR,
        "NumbersPanel": {"copyNumbersButton": QUICK},
    },
    "IHERODeformation": {
        **SHARED,
        "FieldPanel": {"fieldBeforeButton": QUICK},
        "DeformedApplyPanel": APPLY,
        "DeformableRegisterPanel": {"deformButton": LONG},
        "QualityPanel": {
            "qualityDirectionButton": LONG,
            "qualityMeasureButton": LONG,
            "qualitySaveButton": ASKING,
            "qualityApproveButton": QUICK,
            "qualityRejectButton": QUICK,
        },
        "ComparisonPanel": {
            "comparisonMeasureButton": LONG,
            "comparisonRigidButton": LONG,  # then another registration is compared
            "comparisonWorstButton": QUICK,
            "comparisonFirstButton": QUICK,
            "comparisonOtherButton": QUICK,
            "comparisonBlinkButton": QUICK,
        },
        "WayPanel": {},
        "ContourDeformerPanel": CONTOUR,
        "ImageDeformerPanel": {
            "deformImageButton": LONG,
            "copyImageReportButton": QUICK,
            "exportImageButton": QUICK,
        },
        "DoseDeformerPanel": {
            "deformDoseButton": LONG,
            "copyDoseReportButton": QUICK,
            "exportDoseButton": QUICK,
        },
        "DoseSumPanel": {
            "sumDosesButton": LONG,
            "copySumReportButton": QUICK,
            "exportSumButton": QUICK,
        },
        "DeformationNumbersPanel": {"copyNumbersButton": QUICK},
    },
}
ELSEWHERE = {  # long work that needs more than what is chosen first; tested on its own
    ("RegistrationsPanel", "loadImagesButton"),
    ("DeformedApplyPanel", "hardenButton"),  # voxels are never hardened through a deformation
}
AT_ONCE = {("IHERORegistration", "exportButton")}  # a matrix is written before anybody could cancel


def longWorks(module: str) -> list[tuple[str, str]]:
    """Panel and button of each long work that can begin when all is chosen."""
    return [
        (panel, button)
        for panel, buttons in BUTTONS[module].items()
        for button, kind in buttons.items()
        if kind == LONG and (panel, button) not in ELSEWHERE
    ]
