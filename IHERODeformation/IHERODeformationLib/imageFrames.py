"""Whether the images that a deformable registration lists lie in the frames that it names."""

from __future__ import annotations

from collections.abc import Mapping

from IHERORegistrationLib.errors import FrameOfReferenceError

from .deformableRegistration import DeformableSpatialRegistration


def requireFramesOfImages(
    registration: DeformableSpatialRegistration, frameOfInstance: Mapping[str, str]
) -> None:
    """`frameOfInstance` maps SOP Instance UIDs at hand to Frames of Reference; images that are not
    at hand are not judged.

    Here the frame is a required value of every item, so images elsewhere mean that the object or
    the images are not what they seem.

    Raises
        FrameOfReferenceError: an item lists images that lie in another frame than it names
        (DRRO-DSR-007).
    """
    for item in registration.items:
        frames = {
            frameOfInstance[image.sopInstanceUID]
            for image in item.images
            if image.sopInstanceUID in frameOfInstance
        }
        if frames - {item.sourceFrame}:
            raise FrameOfReferenceError(
                f"expected the images of DeformableRegistrationSequence[{item.number}] in Frame of "
                f"Reference {item.sourceFrame}, found {', '.join(sorted(frames))}"
            )
