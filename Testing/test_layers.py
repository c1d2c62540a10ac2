"""Who may import whom, which packages where, how long a file and a function may be.

A new file is named in its layer below; the failing test says which one is missing.
"""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import builders
from IHERORegistrationLib.saving import saveDataset

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = ROOT / "IHERORegistration" / "IHERORegistrationLib"
DEFORMATION = ROOT / "IHERODeformation" / "IHERODeformationLib"
FILES = sorted(
    file
    for library in (LIBRARY, DEFORMATION)
    for file in library.rglob("*.py")
    if file.name != "__init__.py"
)

LONGEST_FILE = 300
LONGEST_FUNCTION = 40  # lines without the docstring

# From the top down: a file imports from its own layer and from those below, never in a circle.
# A folder counts as all that is in it. The library of deformable registration has the same layers
# and may use the other one.
LAYERS = {
    "widgets": "widgets",
    "command line": "cli",
    "commands": "commands demonstration demonstrationPictures demonstrationReport exitStatus",
    "DICOM browser": """
        browserPlugins databaseImages databasePlans databaseRegistrations databaseSeries
        dicomPlugin doseExport exportedLandmarks exportedNode exportOffers exportPlugins
        exportProposal fiducialsExport fiducialsPlugin keptExport knownPlugin
        landmarkFiducials madeImagesPlugin nodeExport objectPlugin radiotherapyPlugins
        registrationFileReader rigidExport shownAndWritten storedExport structureExport
        """,
    "actors": """
        carriedNodes carriedSet carriedText displayedImages displayedLayers isodoses
        phantoms registeredContourer registeredDisplay registeredDoseDisplay registrator
        resampledSeries
        """,
    "MRML and VTK": """
        appliedNodes applyOffer automaticAlignment carriedLines carriedStructure centers
        closedSurface dataNodes displayedPair displayLayouts fiducialNodes folderNodes
        frameDrawing frameMap frameWaysInScene headlessScene imagePair imageRegistration
        imageSamples imageSide keptDerivation keptFiducials keptObject landmarkAlignment
        landmarkNodes learnedObject madeRegistration manualAlignment nodeIdentity
        nodeObjects nodePatients nodePlace nodeReport nodeStructures nodeVolumes pictures
        placement placeText pointReadout registeredEnds registrationNumbers
        registrationReview rendering resampling rigidStarts scene sceneImages sceneNodes
        sceneRegistrations segmentContours signedDistance sliceCuts sliceFusion
        structureSetNodes structuresFrame subjectHierarchy targetSlices transformContent
        transformMatrix unchangedOnError usedLandmarks viewMarks viewProp writtenObject
        """,
    "profiles": """
        actors checks exportFindings inspection listedRegistration page pageStyle profiles
        registrationReport report
        """,
    "objects": """
        contourData contourLattice contourPlanes dataFolder dataOffers decimalStrings
        derivedAttributes derivedImages derivedLineage dialects dicomFile dose doseGrid
        doseObject dosePixels doseWriter elements encodedElements fiducials
        fiducialsReader fiducialsWriter fileHeader fractionation gridElement header
        imageClasses imagePlane images imageSlice itkImages itkTransformFiles macros
        matrixText objectReading offer pixelData plainText plan reader registrationKind
        registrationOffer rules saving seriesReading sliceStack storedPixels structureMask
        structures structureSetReader structureSetWriter study togetherRemarks
        transformFiles writableMatrix writer
        """,
    "values": """
        codes colorLegend couch freeName keptText landmarks notes patient references
        registration registrationNotes registrationRecord registrationText rigidPresets
        samePatient sentences usedRegistrations
        """,
    "frames": "frames",
    "geometry": """
        geometry lattice mutualInformation vectorContent
        """,
    "errors": "errors",
}
DEFORMATION_LAYERS = {
    "widgets": "widgets",
    "commands": "demonstration demonstrationPictures demonstrationSections",
    "DICOM browser": """
        anyExport databaseInspection deformationExport dicomPlugin exportPlugins
        imageExport
        """,
    "actors": """
        contourDeformer deformableRegistrator deformedNodes doseDeformer doseExtent
        doseReport doseRows doseSum imageDeformer phantoms wholeResults
        """,
    "MRML and VTK": """
        appliedDeformation beforeDeformation bentSurface definedSolid deformableAlignment
        deformationNumbers deformedSolid deformedVolume direction displacementSearch
        doseStatistics gridTransform heldDeformation imageAgreement imageRegistration
        learnedDeformation localCorrelation nodeComparison nodeDeformation nodeDirection
        nodeMap nodeQuality nodeRegistration pictures qualityPage qualityPictures
        readingPictures registrationComparison registrationQuality savedQuality scene
        shownField surfaceAgreement unknownVoxels unreachedDose
        """,
    "profiles": "anyInspection inspection normalizedCopy",
    "objects": """
        anyRegistration byteSource chosenReading dialects elastixFiles encodedVectors
        fieldContent fieldFiles fieldImages fieldQuality gridReader imageFiles imageFrames
        importRemarks itkFields landmarkFiles learn2reg plastimatchFiles reader sameContent
        splineStep storedDeformation structureSamples valueStream vectorGridData
        vectorStream velocityFiles writableDeformation writer
        """,
    "values": """
        deformableRegistration deformationNotes deformationPresets deformationSentences
        deformationText frameWays inverseConsistency landmarkPairs oneGrid readings
        rigidFactor sampledDeformation tolerances
        """,
    "frames": """
        deformation fieldDifference foldedSpace injectivity mappedPoints normalize
        numericalInverse transformSteps
        """,
    "geometry": "displacementGrid distribution gridContent parts splineGrid undefinedVoxels",
}
ORDER = list(LAYERS)
LAYER_OF = {
    f"{library.name}.{name}": layer
    for library, layers in ((LIBRARY, LAYERS), (DEFORMATION, DEFORMATION_LAYERS))
    for layer, names in layers.items()
    for name in names.split()
}

# What Slicer bundles, and from which layer upward it may be used
PACKAGES = {
    "numpy": "geometry",
    "pydicom": "objects",
    "SimpleITK": "objects",
    "highdicom": "objects",
    "scipy": "MRML and VTK",
    "slicer": "MRML and VTK",
    "vtkmodules": "MRML and VTK",
    "DICOMLib": "DICOM browser",
    "SampleData": "widgets",
    "qt": "widgets",
    "ctk": "widgets",
}
HEAVY = {"highdicom", "scipy", "SimpleITK", "slicer", "vtk", "vtkmodules"}
LAZY = {"SimpleITK"}  # imported at the moment of use: it takes a second


def moduleName(file):
    library = LIBRARY if file.is_relative_to(LIBRARY) else DEFORMATION
    return ".".join(file.relative_to(library.parent).with_suffix("").parts)


def name(module):
    """The library and the name in its layers: that of the file, or of the folder it lies in."""
    return ".".join(module.split(".")[:2])


def layerOf(module):
    return ORDER.index(LAYER_OF.get(name(module), "errors"))


def imports(file, *, atTheTop=False):
    """(packages, own modules) that the file imports, anywhere or outside functions only."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    nodes = tree.body if atTheTop else ast.walk(tree)
    folder = moduleName(file).split(".")[:-1]
    packages, own = set(), set()
    for node in nodes:
        if isinstance(node, ast.Import):
            packages |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = folder[: len(folder) - node.level + 1] if node.level else []
            assert len(folder) >= node.level, f"{file.name} imports from outside the library"
            names = [node.module] if node.module else [alias.name for alias in node.names]
            for module in (".".join([*base, one]) for one in names):
                isOwn = module.split(".")[0] in (LIBRARY.name, DEFORMATION.name)
                (own if isOwn else packages).add(module if isOwn else module.split(".")[0])
    return packages - sys.stdlib_module_names, own


def test_every_file_has_its_layer_and_every_name_its_file():
    present = {name(moduleName(file)) for file in FILES}
    assert not present - set(LAYER_OF), "name these files in a layer of test_layers.py"
    assert not set(LAYER_OF) - present, "remove these from test_layers.py"


@pytest.mark.parametrize("file", FILES, ids=moduleName)
def test_imports_point_down(file):
    layer = layerOf(moduleName(file))
    _, own = imports(file)
    up = {one for one in own if layerOf(one) < layer}
    assert not up, f"{moduleName(file)} ({ORDER[layer]}) imports from above: {sorted(up)}"


@pytest.mark.parametrize("file", FILES, ids=moduleName)
def test_only_what_slicer_bundles_is_imported_and_only_where_it_may(file):
    packages, _ = imports(file)
    layer = layerOf(moduleName(file))
    assert not packages - set(PACKAGES), f"{moduleName(file)} imports what Slicer lacks"
    early = {package for package in packages if ORDER.index(PACKAGES[package]) < layer}
    assert not early, f"{moduleName(file)} is below the layer that may import these"
    atTheTop, _ = imports(file, atTheTop=True)
    assert not atTheTop & LAZY, f"{moduleName(file)} imports these before they are needed"


def test_nothing_imports_in_a_circle():
    waiting = {moduleName(file): imports(file, atTheTop=True)[1] for file in FILES}
    while waiting:
        free = [one for one, needed in waiting.items() if not needed & set(waiting)]
        assert free, f"these import each other in a circle: {sorted(waiting)}"
        for one in free:
            del waiting[one]


def test_the_library_of_rigid_registration_does_not_know_the_deformable_one():
    users = {
        moduleName(file)
        for file in FILES
        if file.is_relative_to(LIBRARY)
        and any(one.startswith(DEFORMATION.name) for one in imports(file)[1])
    }
    below = {one for one in users if layerOf(one) > ORDER.index("commands")}
    assert not below, "only the command line is above both libraries"


@pytest.mark.parametrize("file", FILES, ids=moduleName)
def test_files_and_functions_are_short(file):
    text = file.read_text(encoding="utf-8")
    count = len(text.splitlines())
    assert count <= LONGEST_FILE, f"{count} lines: which concept in it has no name yet?"
    long = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            lines = node.end_lineno - node.lineno + 1
            if ast.get_docstring(node):
                lines -= node.body[0].end_lineno - node.body[0].lineno + 1
            if lines > LONGEST_FUNCTION:
                long.append(f"{node.name}: {lines} lines")
    assert not long


@pytest.mark.parametrize("command", ["inspect", "check", "map"])
def test_reading_commands_start_light(tmp_path, command):
    registration = tmp_path / "registration.dcm"
    saveDataset(builders.spatialRegistration(), registration)
    (tmp_path / "points.csv").write_text("x,y,z\n1,2,3\n")
    arguments = [command, str(registration)]
    if command == "map":
        arguments += ["--points", str(tmp_path / "points.csv"), "--out", str(tmp_path / "out.csv")]
    code = (
        "import sys\n"
        "from IHERORegistrationLib.cli import main\n"
        f"status = main({arguments!r})\n"
        f"heavy = {HEAVY!r} & {{name.split('.')[0] for name in sys.modules}}\n"
        "sys.exit(f'{status=} imported: {sorted(heavy)}')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(LIBRARY.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.splitlines()[-1] == "status=0 imported: []", done.stderr
