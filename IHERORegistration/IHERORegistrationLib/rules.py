"""Constraints of profiles as rows of tables, and the engine that says which ones an object breaks.

A row names the element it is about, the check, and how grave a breach is for who writes the object
(producer) and for who reads it (consumer). The engine never raises because of what a data set
holds: what cannot be evaluated is a finding.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np
from pydicom import Dataset
from pydicom.config import disable_value_validation

from .elements import CONVERSION_ERRORS, UnreadableElementError, itemsOf
from .errors import MalformedObjectError
from .sentences import printable
from .study import EMPTY_STUDY, Study

WHOLE_OBJECT = "(whole object)"  # location where no element can be named


class Severity(StrEnum):
    """ERROR: not written, not applied. WARNING: goes on and is told. INFO: is noted."""

    ERROR = "ERROR"
    WARNING = "WARNING"
    INFO = "INFO"


class Role(StrEnum):
    """For whom an object is judged: who writes it or who reads it."""

    PRODUCER = "producer"
    CONSUMER = "consumer"


@dataclass(frozen=True)
class Place:
    """Where a check looks: `keyword` in `item`, which lies at `prefix` in `dataset`.

    `prefix` is empty for the data set itself, else a path that ends in "/"; items count from 1.
    `known` holds what checks of one run keep for each other, so that a large element is looked at
    once. Without `vectors` the nodes of a grid are not looked at.
    """

    item: Dataset
    keyword: str
    prefix: str
    dataset: Dataset
    study: Study
    role: Role
    vectors: bool = True
    known: dict[object, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Breach:
    """What is wrong; `at` is where, from the item of the place on, by default its keyword.

    `grave` and `slight` mark kinds of breach for which the row has an own severity.
    """

    message: str
    at: str = ""
    grave: bool = False
    slight: bool = False


Check = Callable[[Place], Iterator[Breach]]
Condition = Callable[[Place], bool]


def always(place: Place) -> bool:
    return True


@dataclass(frozen=True)
class Rule:
    """One row of a constraint table.

    `objects` are the SOP Class UIDs it applies to. `path` is keywords separated by "/"; every item
    of the sequences on the way is visited, and where one is missing the row is silent: that is the
    sequence's own row. A severity of None means that the role does not evaluate the row; `grave`
    and `slight` are a consumer's severities of such a breach where they differ.
    """

    code: str
    objects: tuple[str, ...]
    path: str
    check: Check
    producer: Severity | None
    consumer: Severity | None
    source: str
    when: Condition = always
    grave: Severity | None = None
    slight: Severity | None = None

    def severity(self, role: Role, breach: Breach) -> Severity | None:
        """How grave `breach` is for `role`; None if it is nothing to that role."""
        if role is Role.PRODUCER:
            return self.producer
        if breach.slight and self.slight:
            return self.slight
        return self.grave if breach.grave and self.grave else self.consumer


@dataclass(frozen=True)
class Finding:
    """A breach of `rule` by an object, at `location`."""

    rule: Rule
    severity: Severity
    location: str
    message: str

    def __str__(self) -> str:
        return (
            f"{self.rule.code} {self.severity} {self.location}: {self.message} [{self.rule.source}]"
        )


@dataclass(frozen=True)
class Profile:
    """A constraint table under the name that the command line knows it by."""

    name: str
    title: str
    rules: tuple[Rule, ...]


def without(rules: Iterable[Rule], *codes: str) -> tuple[Rule, ...]:
    """`rules` less those of `codes`."""
    return tuple(rule for rule in rules if rule.code not in codes)


def findings(
    dataset: Dataset,
    rules: Iterable[Rule],
    role: Role = Role.CONSUMER,
    study: Study = EMPTY_STUDY,
    *,
    vectors: bool = True,
) -> list[Finding]:
    """What `dataset` breaks of `rules` in `role`, in the order of the table; empty if conformant.

    `study` holds the other objects at hand; what cannot be compared without them is not judged.
    Without `vectors` neither is what only the nodes of a deformation grid tell: they are not read.
    """
    found: list[Finding] = []
    whole = Place(dataset, "", "", dataset, study, role, vectors)
    with disable_value_validation(), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for rule in rules:
            if rule.producer if role is Role.PRODUCER else (rule.consumer or rule.grave):
                found.extend(_findingsOfRule(rule, whole))
    return found


def _findingsOfRule(rule: Rule, whole: Place) -> Iterator[Finding]:
    for item, keyword, prefix in visited(whole.dataset, rule.path):
        place = replace(whole, item=item, keyword=keyword, prefix=prefix)
        for breach in _breaches(rule, place):
            severity = rule.severity(whole.role, breach)
            if severity is not None:
                location = f"{prefix}{breach.at or keyword}"
                yield Finding(rule, severity, location, printable(breach.message))


def _breaches(rule: Rule, place: Place) -> list[Breach]:
    at = place.keyword or WHOLE_OBJECT
    try:
        return list(rule.check(place)) if rule.when(place) else []
    except UnreadableElementError as error:
        return [Breach(f"cannot be evaluated: {error}", place.keyword or error.keyword, grave=True)]
    except MalformedObjectError as error:
        return [Breach(f"cannot be evaluated: {error}", at, grave=True)]
    except CONVERSION_ERRORS as error:  # its text may quote a patient's name
        return [Breach(f"cannot be evaluated: {type(error).__name__}", at, grave=True)]


def visited(item: Dataset, path: str, prefix: str = "") -> Iterator[tuple[Dataset, str, str]]:
    """Every item that holds the last keyword of `path`, with that keyword and the item's prefix."""
    keyword, _, rest = path.partition("/")
    if not rest:
        yield item, keyword, prefix
        return
    for number, child in enumerate(itemsOf(item, keyword), start=1):
        yield from visited(child, rest, f"{prefix}{keyword}[{number}]/")
