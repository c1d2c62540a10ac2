"""Errors raised when a result cannot be produced.

A nonconformant object is not an error: it yields findings (see rules.py). A message says what was
expected, what was found and where; it never holds a patient's name.
"""

from __future__ import annotations

from collections.abc import Sequence


class IHEROError(Exception):
    """Base of every error raised by this extension: the result was refused."""


class MalformedObjectError(IHEROError):
    """No value can be made of the input: truncated, text where numbers belong, not DICOM."""


class MalformedRegistrationError(MalformedObjectError):
    """No registration can be made from this object."""


class DeformableContentError(MalformedRegistrationError):
    """The object holds a deformable registration, whatever its SOP class says."""


class FrameOfReferenceError(IHEROError):
    """Frames of Reference differ, are not connected, or connect in several ways."""


class NotInvertibleError(IHEROError):
    """The transform has no inverse."""


class NotRigidError(IHEROError):
    """A rigid matrix was needed and the one given is too far from a rotation."""


class LandmarkError(IHEROError):
    """The landmarks do not determine a transform."""


class ImageRegistrationError(IHEROError):
    """Images cannot be registered by what they show."""


class RegistrationCancelledError(IHEROError):
    """Somebody ended a registration before it had a result."""


class SamplingError(IHEROError):
    """A map of points cannot be told on a grid as closely as was asked."""


class UndefinedSpaceError(IHEROError):
    """Something lies where a registration says nothing, and all of it was asked for."""


class ReferenceNotFoundError(IHEROError):
    """An object that is referred to or asked for is not at hand, or several are."""


class PatientMismatchError(IHEROError):
    """Objects of different patients were given and nobody confirmed it."""


class NonconformantError(IHEROError):
    """Refusal to write; `findings` says why."""

    def __init__(self, message: str, findings: Sequence[object]):
        super().__init__("; ".join([message, *map(str, findings)]))
        self.findings = tuple(findings)


class FileExistsRefusal(IHEROError):
    """A file is in the way and overwriting was not asked for."""


class NoGraphicsError(IHEROError):
    """Nothing can be drawn on this machine; names what is missing."""
