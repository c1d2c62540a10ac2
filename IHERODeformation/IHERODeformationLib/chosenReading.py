"""A registration as the user chose to read it, where the standard's reading is known to be wrong.

Everything made with it says so: the object itself says something else.
"""

from __future__ import annotations

from dataclasses import replace

from IHERORegistrationLib.frames import Transform
from IHERORegistrationLib.registration import RegistrationItem, SpatialRegistration

from .anyRegistration import AnyRegistration
from .deformableRegistration import DeformableRegistrationItem, DeformableSpatialRegistration
from .deformation import DeformableTransform
from .readings import WORDS, ReadingName, readingOf

NOT_APPLIED = (ReadingName.STANDARD, ReadingName.IDENTITY)  # nothing to choose, nothing to apply


def registrationReadAs(registration: AnyRegistration, name: ReadingName) -> AnyRegistration:
    """`registration` with the numbers that it means if it is read as `name` says.

    The opposite direction of a deformable one leads from the frame that it calls the source to the
    one that it calls registered.

    Raises
        FrameOfReferenceError: it leads to several frames.
        NotInvertibleError: a matrix that would have to be inverted is singular.
        ValueError: it has no such reading, or none that can be applied.
    """
    chosen = readingOf(registration, name)
    if name in NOT_APPLIED:
        raise ValueError(f"expected another reading than the standard's, found {name}")
    read = _read(registration, name, chosen.reading.transform)
    notes = (*registration.notes, chosen.note)
    return replace(read, notes=notes, readAs=WORDS[name])


def _read(
    registration: AnyRegistration, name: ReadingName, transform: Transform
) -> AnyRegistration:
    if isinstance(registration, SpatialRegistration):
        items = tuple(_matrixItem(registration, one, name) for one in registration.items)
        return replace(registration, items=items)
    if name is ReadingName.INVERSE:
        return _swapped(registration)
    if not isinstance(transform, DeformableTransform):
        raise ValueError(f"expected a deformation, found none in {registration.sopInstanceUID}")
    read = tuple(
        replace(one, grid=transform.grid) if one.grid is not None else one
        for one in registration.items
    )
    return replace(registration, items=read)


def _matrixItem(
    registration: SpatialRegistration, item: RegistrationItem, name: ReadingName
) -> RegistrationItem:
    if item not in registration.movingItems:
        return item
    if name is ReadingName.OTHER_ORDER:
        return replace(item, matrices=item.matrices[::-1], declaredTypes=item.declaredTypes[::-1])
    back = registration.sourceToRegistered(item).inverse().matrix
    return replace(item, matrices=(back,), declaredTypes=item.declaredTypes[:1])


def _swapped(registration: DeformableSpatialRegistration) -> DeformableSpatialRegistration:
    """The same numbers between the same frames, the other way round."""
    (source,) = registration.sourceItems

    def swapped(item: DeformableRegistrationItem) -> DeformableRegistrationItem:
        isSource = item is source
        frame = registration.registeredFrame if isSource else source.sourceFrame
        return replace(item, sourceFrame=frame)

    items = tuple(map(swapped, registration.items))
    return replace(registration, registeredFrame=source.sourceFrame, items=items)
