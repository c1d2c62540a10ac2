"""What is shipped is what is in the folders: CMake lists, Python packages, catalog entry.

A new file is listed in its module's CMakeLists.txt by hand; the failing test prints the lines.
"""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = ("IHERORegistration", "IHERODeformation")


def filesInFolder(module):
    folder = ROOT / module
    files = [*folder.rglob("*.py"), *(folder / "Resources").rglob("*")]
    return {file.relative_to(folder).as_posix() for file in files if file.is_file()}


def filesListed(module):
    text = (ROOT / module / "CMakeLists.txt").read_text()
    text = re.sub(r"#.*", "", text)
    lists = re.findall(r"set\(MODULE_PYTHON_(?:SCRIPTS|RESOURCES)\s([^)]*)\)", text)
    return " ".join(lists).split()


@pytest.mark.parametrize("module", MODULES)
def test_cmake_lists_every_file_of_a_module_once_and_in_order(module):
    listed, present = filesListed(module), filesInFolder(module)
    missing = "\n".join(f"  {file}" for file in sorted(present - set(listed)))
    gone = "\n".join(f"  {file}" for file in sorted(set(listed) - present))
    assert not missing, f"add to {module}/CMakeLists.txt:\n{missing}"
    assert not gone, f"remove from {module}/CMakeLists.txt:\n{gone}"
    assert len(listed) == len(set(listed)), f"{module}/CMakeLists.txt lists a file twice"
    scripts = [file for file in listed if file.endswith(".py")]
    assert scripts == sorted(scripts), f"sort the scripts in {module}/CMakeLists.txt"


def configured(source, build):
    cmake = shutil.which("cmake")
    if cmake is None:
        pytest.skip("cmake is not installed (Debian package cmake)")
    command = [cmake, "-S", source, "-B", build, f"-DSlicer_DIR={ROOT / 'Testing/fakeSlicer'}"]
    for tool in ("C_COMPILER", "CXX_COMPILER", "MAKE_PROGRAM"):  # nothing is compiled here
        command += [f"-DCMAKE_{tool}={cmake}", f"-DCMAKE_{tool}_FORCED=ON"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, " ".join(done.stderr.split())  # cmake breaks its lines at will


def copyOfTheExtension(folder):
    shutil.copy(ROOT / "CMakeLists.txt", folder)
    for module in MODULES:
        shutil.copytree(
            ROOT / module, folder / module, ignore=shutil.ignore_patterns("__pycache__")
        )
    return folder


def test_cmake_configures_the_extension_and_packs_every_file(tmp_path):
    status, messages = configured(ROOT, tmp_path)
    assert status == 0, messages
    packed = set((tmp_path / "packed.txt").read_text().split())
    assert packed == {f"{module}/{file}" for module in MODULES for file in filesInFolder(module)}


def test_cmake_stops_at_a_file_nobody_listed(tmp_path):
    source = copyOfTheExtension(tmp_path)
    (source / "IHERORegistration" / "IHERORegistrationLib" / "forgotten.py").touch()
    status, messages = configured(source, tmp_path / "build")
    assert status != 0
    assert "does not list: IHERORegistrationLib/forgotten.py" in messages


def test_cmake_stops_at_a_listed_file_that_is_gone(tmp_path):
    source = copyOfTheExtension(tmp_path)
    (source / "IHERORegistration" / "IHERORegistrationLib" / "geometry.py").unlink()
    status, messages = configured(source, tmp_path / "build")
    assert status != 0
    assert "files that do not exist: IHERORegistrationLib/geometry.py" in messages


def test_pip_installs_every_python_package():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    present = {
        ".".join(init.parent.relative_to(ROOT / module).parts)
        for module in MODULES
        for init in (ROOT / module).rglob("__init__.py")
    }
    withoutInit = {
        file.parent
        for module in MODULES
        for file in (ROOT / module / f"{module}Lib").rglob("*.py")
        if not (file.parent / "__init__.py").exists()
    }
    assert set(settings["packages"]) == present
    assert not withoutInit


def test_the_catalog_entry_has_what_slicer_asks_for_and_agrees_with_cmake():
    entry = json.loads((ROOT / "IHERO.json").read_text())
    known = {"build_dependencies", "build_subdirectory", "dicom_support_rule", "enabled"}
    assert {"$schema", "category", "scm_url"} <= set(entry)
    assert set(entry) <= known | {"$schema", "category", "scm_url", "scm_revision", "tier"}
    homepage = re.search(r'EXTENSION_HOMEPAGE "(.*)"', (ROOT / "CMakeLists.txt").read_text())
    assert entry["scm_url"] == homepage[1] + ".git"
    for sopClassUID in ("66.1", "66.2", "66.3"):  # registration, fiducials, deformable registration
        assert f"'1.2.840.10008.5.1.4.1.1.{sopClassUID}'" in entry["dicom_support_rule"]


def test_the_pictures_that_the_catalog_shows_are_there():
    text = (ROOT / "CMakeLists.txt").read_text()
    (homepage,) = re.findall(r'EXTENSION_HOMEPAGE "(.*)"', text)
    links = " ".join(re.findall(r'EXTENSION_(?:ICONURL|SCREENSHOTURLS) "(.*)"', text)).split()
    assert len(links) > 1
    for link in links:
        beginning, _, path = link.partition("/raw/main/")
        assert beginning == homepage
        assert (ROOT / path).is_file(), path


def test_continuous_integration_runs_the_test_command_of_the_readme_and_nothing_else():
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    commands = [line for line in lines if line and not line.startswith(("#", "set ", "cd "))]
    assert commands == ["Testing/run"]
    assert re.search(r"^Testing/run$", (ROOT / "README.md").read_text(), re.MULTILINE)


def test_the_license_is_whole():
    text = (ROOT / "LICENSE.txt").read_text()
    assert text.split()[:4] == ["Apache", "License", "Version", "2.0,"]
    assert "END OF TERMS AND CONDITIONS" in text
