"""SampleData: the data sets that modules offer, and how they are fetched.

In Slicer a set is a list of files to download, or a function of the module that makes it, which is
called with the set when the user clicks its button; the latter is what works here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import slicer


@dataclass
class SampleDataSource:
    sampleName: str | None = None
    uris: Any = None
    fileNames: Any = None
    nodeNames: Any = None
    customDownloader: Callable[[SampleDataSource], Any] | None = None
    thumbnailFileName: str | None = None


class SampleDataLogic:
    @staticmethod
    def registerCustomSampleDataSource(
        category: str = "Custom",
        sampleName: str | None = None,
        uris: Any = None,
        fileNames: Any = None,
        nodeNames: Any = None,
        customDownloader: Callable[[SampleDataSource], Any] | None = None,
        thumbnailFileName: str | None = None,
        loadFileType: Any = "VolumeFile",
        loadFiles: Any = None,
        loadFileProperties: Any = None,
        checksums: Any = None,
    ) -> None:
        """Offer a data set in a category of the module Sample Data, once."""
        source = SampleDataSource(
            sampleName, uris, fileNames, nodeNames, customDownloader, thumbnailFileName
        )
        known = SampleDataLogic.sampleDataSourcesByCategory().setdefault(category, [])
        if source not in known:
            known.append(source)

    @staticmethod
    def sampleDataSourcesByCategory(category: str | None = None) -> Any:
        if not hasattr(slicer.modules, "sampleDataSources"):
            slicer.modules.sampleDataSources = {}
        sources = slicer.modules.sampleDataSources
        return sources if category is None else sources.get(category, [])


def pressSample(sampleName: str) -> Any:
    """Click the button of a data set: what the module's function gives.

    Raises
        LookupError: there is none, or one that is to be downloaded.
    """
    for sources in SampleDataLogic.sampleDataSourcesByCategory().values():
        for one in sources:
            if one.sampleName == sampleName and one.customDownloader is not None:
                return one.customDownloader(one)
    raise LookupError(f"there are no sample data {sampleName} that a function makes")
