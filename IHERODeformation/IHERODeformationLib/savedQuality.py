"""The report on a registration as files: a page, its numbers, and pictures."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from IHERORegistrationLib.errors import FileExistsRefusal
from IHERORegistrationLib.saving import savedTogether, saveText

from .direction import Progress
from .qualityPage import qualityPage
from .qualityPictures import qualityPictures
from .readings import Registration
from .registrationQuality import QualityInputs, RegistrationQuality

NAMES = ("quality.json", "quality.csv", "quality.html")


def saveQuality(
    quality: RegistrationQuality,
    registration: Registration,
    inputs: QualityInputs,
    folder: Path,
    *,
    force: bool = False,
    progress: Progress = lambda _: None,
) -> Path:
    """Write the report into `folder`, with pictures where this machine can draw: all of it, or
    nothing; gives the page. `progress` is told each picture.

    Raises
        FileExistsRefusal: a file is in the way and `force` is not set.
        SavingError: the folder cannot be written to.
    """
    for name in NAMES:
        if (folder / name).exists() and not force:
            raise FileExistsRefusal(f"{folder / name} exists")
    with savedTogether(folder, force=force) as unfinished:
        pictures = qualityPictures(
            registration,
            inputs.registered,
            inputs.source,
            inputs.structures,
            unfinished / "pictures",
            progress=progress,
        )
        texts = (
            json.dumps(quality.asJSON(), indent=1, ensure_ascii=False, allow_nan=False) + "\n",
            _csv(quality),
            qualityPage(quality, pictures),
        )
        for name, text in zip(NAMES, texts, strict=True):
            saveText(text, unfinished / name)
    return folder / NAMES[-1]


def _csv(quality: RegistrationQuality) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(quality.rows())
    return text.getvalue()
