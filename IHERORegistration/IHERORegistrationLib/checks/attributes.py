"""Checks and conditions that rows of every profile share.

A check is named after what it requires, a condition after what it asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..elements import integersOf, isEmpty, itemsOf, quoted, textOf, textsOf
from ..rules import Breach, Check, Condition, Place, Role, Rule, visited


def present(place: Place) -> Iterator[Breach]:
    yield from presentAll(place.keyword)(place)


def presentAll(*keywords: str, grave: bool = False) -> Check:
    """Each of `keywords` has a value."""

    def check(place: Place) -> Iterator[Breach]:
        for keyword in keywords:
            if keyword not in place.item:
                yield Breach("expected a value, found no such attribute", keyword, grave)
            elif isEmpty(place.item, keyword):
                yield Breach("expected a value, found it empty", keyword, grave)

    return check


def exists(place: Place) -> Iterator[Breach]:
    """The attribute is there; it may be empty (type 2)."""
    if place.keyword not in place.item:
        yield Breach("expected the attribute, empty or not, found none")


def absentAll(*keywords: str) -> Check:
    """None of `keywords` is there."""

    def check(place: Place) -> Iterator[Breach]:
        for keyword in keywords:
            if keyword in place.item:
                yield Breach("expected no such attribute, found one", at=keyword)

    return check


def items(low: int, high: int | None = None) -> Check:
    """The sequence has `low` items, or `low` to `high`; `high` 0 means no upper bound."""

    def check(place: Place) -> Iterator[Breach]:
        count = len(itemsOf(place.item, place.keyword))
        if low <= count and (high == 0 or count <= (high or low)):
            return
        expected = f"{low} or more" if high == 0 else f"{low} to {high}" if high else f"{low}"
        what = "found" if count or isEmpty(place.item, place.keyword) else "found no sequence but"
        yield Breach(f"expected {expected} item(s), {what} {count}")

    return check


def oneOf(*values: str) -> Check:
    """The attribute has one of `values`."""

    def check(place: Place) -> Iterator[Breach]:
        found = textOf(place.item, place.keyword)
        if found not in values:
            shown = quoted(found) if found else "no value"
            yield Breach(f"expected {' or '.join(values)}, found {shown}")

    return check


def integer(value: int) -> Check:
    """The attribute is the one number `value`."""

    def check(place: Place) -> Iterator[Breach]:
        found = integersOf(place.item, place.keyword)
        if found != (value,):
            yield Breach(f"expected {value}, found {', '.join(map(str, found)) or 'no value'}")

    return check


def unique(*keywords: str) -> Check:
    """Among the items of the sequence each of `keywords` has a value, and no two share one."""

    def check(place: Place) -> Iterator[Breach]:
        for keyword in keywords:
            first: dict[str, int] = {}
            for number, item in enumerate(itemsOf(place.item, place.keyword), start=1):
                value = textOf(item, keyword)
                at = f"{place.keyword}[{number}]/{keyword}"
                if not value:
                    yield Breach("expected a value, found none", at=at)
                elif value in first:
                    yield Breach(
                        f"expected a value of its own, found that of item {first[value]}", at=at
                    )
                first.setdefault(value, number)

    return check


def every(*checks: Check) -> Check:
    """All of `checks`, in their order."""

    def check(place: Place) -> Iterator[Breach]:
        for one in checks:
            yield from one(place)

    return check


def forObjects(sopClassUIDs: tuple[str, ...], check: Check) -> Check:
    """`check`, where the object is of one of these classes."""

    def checked(place: Place) -> Iterator[Breach]:
        if textOf(place.dataset, "SOPClassUID") in sopClassUIDs:
            yield from check(place)

    return checked


def alsoRows(rules: Iterable[Rule]) -> Check:
    """The rows of another table, each under its code."""
    table = tuple(rules)

    def check(place: Place) -> Iterator[Breach]:
        for rule in table:
            for item, keyword, prefix in visited(place.item, rule.path):
                inner = replace(place, item=item, keyword=keyword, prefix=f"{place.prefix}{prefix}")
                for breach in rule.check(inner) if rule.when(inner) else ():
                    if rule.severity(place.role, breach) is not None:
                        at = f"{prefix}{breach.at or keyword}"
                        yield Breach(f"{rule.code}: {breach.message}", at)

    return check


def byProducer(check: Check) -> Check:
    """`check`, for producers: consumers accept that the value is missing."""

    def checked(place: Place) -> Iterator[Breach]:
        if place.role is Role.PRODUCER:
            yield from check(place)

    return checked


def within(path: str, check: Check) -> Check:
    """`check` at every place of `path` below the item."""

    def checked(place: Place) -> Iterator[Breach]:
        for item, keyword, prefix in visited(place.item, path):
            inner = replace(place, item=item, keyword=keyword, prefix=f"{place.prefix}{prefix}")
            for breach in check(inner):
                yield replace(breach, at=f"{prefix}{breach.at or keyword}")

    return checked


def codeString(place: Place) -> Iterator[Breach]:
    """At most 16 of A-Z, 0-9, space and underscore (PS3.5 6.2); nothing is nothing to judge."""
    found = textOf(place.item, place.keyword)
    if found and not re.fullmatch("[A-Z0-9 _]{1,16}", found):
        yield Breach(f"expected at most 16 of A-Z, 0-9, space, underscore, found {quoted(found)}")


def latinOrNothing(place: Place) -> Iterator[Breach]:
    """The character set is ISO_IR 100 or not named."""
    found = textOf(place.item, place.keyword)
    if found not in ("", "ISO_IR 100"):
        yield Breach(f"expected ISO_IR 100 or nothing, found {quoted(found)}")


def has(keyword: str) -> Condition:
    """Whether the item has a value of `keyword`."""
    return lambda place: not isEmpty(place.item, keyword)


def lacks(keyword: str) -> Condition:
    """Whether the item has no value of `keyword`."""
    return lambda place: isEmpty(place.item, keyword)


def isDerivedImage(place: Place) -> bool:
    return textsOf(place.dataset, "ImageType")[:1] == ("DERIVED",)


def isOriginalImage(place: Place) -> bool:
    return textsOf(place.dataset, "ImageType")[:1] == ("ORIGINAL",)
