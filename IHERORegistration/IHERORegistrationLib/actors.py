"""Actors, transactions and profiles of IHE-RO registration, as tables.

Sources: RO TF-1 V2.2 Table A.2-2 and Appendix B, the IHE-RO MMRO-III test tool 1.0.2, the RO
supplement DRRO 1.2.11 Table 7.1-1. Where TF-1 prints two numbers for one transaction, that of the
table and Appendix B is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pydicom.uid import (
    CTImageStorage,
    DeformableSpatialRegistrationStorage,
    RTDoseStorage,
    RTPlanStorage,
    RTStructureSetStorage,
    SpatialRegistrationStorage,
)

from .imageClasses import SINGLE_FRAME_IMAGES as IMAGES


class Actor(StrEnum):
    ARCHIVE = "Archive"
    REGISTRATOR = "Registrator"
    REGISTERED_DISPLAY = "Registered Display"
    REGISTERED_DOSE_DISPLAY = "Registered Dose Display"
    REGISTERED_CONTOURER = "Registered Contourer"
    CONTOURER = "Contourer"
    DEFORMABLE_REGISTRATOR = "Deformable Registrator"
    DEFORMABLE_DISPLAYER = "Deformable Displayer"
    CONTOUR_DEFORMER = "Contour Deformer"
    IMAGE_DEFORMER = "Image Deformer"
    DOSE_DEFORMER = "Dose Deformer"


class Optionality(StrEnum):
    REQUIRED = "R"
    OPTIONAL = "O"


@dataclass(frozen=True)
class Transaction:
    """A message between actors: its number, its name, the SOP classes it carries."""

    id: str
    name: str
    sopClassUIDs: tuple[str, ...]


@dataclass(frozen=True)
class Participation:
    """That an actor of a profile sends or receives a transaction, and must or may."""

    profile: str
    actor: Actor
    transaction: str
    sends: bool
    optionality: Optionality = Optionality.REQUIRED


SRO = (SpatialRegistrationStorage,)
DSRO = (DeformableSpatialRegistrationStorage,)
STRUCTURES = (RTStructureSetStorage,)
DOSE = (RTDoseStorage, RTPlanStorage)

# fmt: off
TRANSACTIONS = (
    #           id             name                                        carries
    Transaction("RAD-8",       "Modality Images Stored",                   IMAGES),
    Transaction("RAD-16",      "Retrieve Images",                          IMAGES),
    Transaction("RAD-18",      "Creator Images Stored",                    IMAGES),

    Transaction("RO-12",       "Spatial Registrations Stored",             SRO),
    Transaction("RO-13",       "Utilize Spatial Registrations",            SRO),
    Transaction("RO-14",       "Registered Structure Set Storage",         STRUCTURES),
    Transaction("RO-15",       "Registered Structure Set Retrieval",       STRUCTURES),
    Transaction("RO-16",       "Registered Dose Retrieve",                 DOSE),

    Transaction("MMRO-II-1",   "Spatial Registrations Stored",             SRO),
    Transaction("MMRO-II-2",   "Utilize Spatial Registrations",            SRO),
    Transaction("MMRO-III-1",  "Spatial Registration(III) Storage",        SRO),
    Transaction("MMRO-III-2",  "Spatial Registration(III) Retrieval",      SRO),
    Transaction("MMRO-3",      "Registered Structure Set Storage",         STRUCTURES),
    Transaction("MMRO-4",      "Registered Structure Set Retrieval",       STRUCTURES),
    Transaction("MMRO-5",      "Registered Dose Retrieval",                DOSE),

    Transaction("RO-1",        "Single Series Images",                     IMAGES),
    Transaction("RO-2",        "Structure Set Storage",                    STRUCTURES),
    Transaction("RO-5",        "Dose Storage",                             DOSE),
    Transaction("RO-6",        "Multi-Series Images",                      IMAGES),
    Transaction("RO-7",        "Structure Set Retrieval",                  STRUCTURES),
    Transaction("RO-10",       "Dose Retrieval",                           DOSE),
    Transaction("RO-11",       "Resampled/Combined CT Series Storage",     (CTImageStorage,)),
    Transaction("RO-BRTO-II-1", "High-Resolution Structure Set Storage",   STRUCTURES),
    Transaction("RO-BRTO-II-2", "High-Resolution Structure Set Retrieval", STRUCTURES),
    Transaction("RO-BRTO-II-5", "Dose Stored",                             (RTDoseStorage,)),
    Transaction("RO-BRTO-II-6", "Dose Retrieval",                          (RTDoseStorage,)),

    Transaction("RO-DRRO-1",   "Deformable Registration Storage",          DSRO),
    Transaction("RO-DRRO-2",   "Deformable Registration Retrieval",        DSRO),
)


def _mmro(
    profile: str, store: str, use: str, keep: str, fetch: str, dose: str
) -> tuple[Participation, ...]:
    """One edition of Table A.2-2; editions differ by the numbers of the transactions only."""
    MUST, MAY = Optionality.REQUIRED, Optionality.OPTIONAL
    SENDS, RECEIVES = True, False
    rows = (
        (Actor.ARCHIVE,                 "RAD-8",  RECEIVES, MUST),
        (Actor.ARCHIVE,                 "RAD-18", RECEIVES, MUST),
        (Actor.ARCHIVE,                 keep,     RECEIVES, MUST),
        (Actor.ARCHIVE,                 store,    RECEIVES, MUST),
        (Actor.REGISTRATOR,             "RAD-8",  RECEIVES, MUST),
        (Actor.REGISTRATOR,             "RAD-18", RECEIVES, MAY),
        (Actor.REGISTRATOR,             use,      RECEIVES, MAY),
        (Actor.REGISTRATOR,             store,    SENDS,    MUST),
        (Actor.REGISTERED_DISPLAY,      "RAD-8",  RECEIVES, MUST),
        (Actor.REGISTERED_DISPLAY,      fetch,    RECEIVES, MUST),
        (Actor.REGISTERED_DISPLAY,      use,      RECEIVES, MUST),
        (Actor.REGISTERED_DOSE_DISPLAY, "RAD-8",  RECEIVES, MUST),
        (Actor.REGISTERED_DOSE_DISPLAY, fetch,    RECEIVES, MUST),
        (Actor.REGISTERED_DOSE_DISPLAY, dose,     RECEIVES, MUST),
        (Actor.REGISTERED_DOSE_DISPLAY, use,      RECEIVES, MUST),
        (Actor.REGISTERED_CONTOURER,    "RAD-8",  RECEIVES, MUST),
        (Actor.REGISTERED_CONTOURER,    keep,     SENDS,    MUST),
        (Actor.REGISTERED_CONTOURER,    fetch,    RECEIVES, MUST),
        (Actor.REGISTERED_CONTOURER,    use,      RECEIVES, MUST),
    )
    return tuple(Participation(profile, *row) for row in rows)


def _drro() -> tuple[Participation, ...]:
    """Table 7.1-1; what it prints as RAD TF-2 4.8 for the Image Deformer is RAD-16."""
    MUST, MAY = Optionality.REQUIRED, Optionality.OPTIONAL
    SENDS, RECEIVES = True, False
    rows = (
        (Actor.DEFORMABLE_REGISTRATOR, "RAD-16",       RECEIVES, MUST),
        (Actor.DEFORMABLE_REGISTRATOR, "RO-7",         RECEIVES, MAY),
        (Actor.DEFORMABLE_REGISTRATOR, "MMRO-III-2",   RECEIVES, MAY),
        (Actor.DEFORMABLE_REGISTRATOR, "RO-DRRO-1",    SENDS,    MUST),
        (Actor.DEFORMABLE_DISPLAYER,   "RAD-16",       RECEIVES, MUST),
        (Actor.DEFORMABLE_DISPLAYER,   "RO-7",         RECEIVES, MAY),
        (Actor.DEFORMABLE_DISPLAYER,   "RO-BRTO-II-6", RECEIVES, MAY),
        (Actor.DEFORMABLE_DISPLAYER,   "RO-DRRO-2",    RECEIVES, MUST),
        (Actor.CONTOUR_DEFORMER,       "RAD-16",       RECEIVES, MUST),
        (Actor.CONTOUR_DEFORMER,       "RO-7",         RECEIVES, MUST),
        (Actor.CONTOUR_DEFORMER,       "RO-DRRO-2",    RECEIVES, MUST),
        (Actor.CONTOUR_DEFORMER,       "RO-2",         SENDS,    MUST),
        (Actor.IMAGE_DEFORMER,         "RAD-16",       RECEIVES, MUST),
        (Actor.IMAGE_DEFORMER,         "RO-DRRO-2",    RECEIVES, MUST),
        (Actor.IMAGE_DEFORMER,         "RAD-18",       SENDS,    MUST),
        (Actor.DOSE_DEFORMER,          "RAD-16",       RECEIVES, MUST),
        (Actor.DOSE_DEFORMER,          "RO-BRTO-II-6", RECEIVES, MUST),
        (Actor.DOSE_DEFORMER,          "RO-DRRO-2",    RECEIVES, MUST),
        (Actor.DOSE_DEFORMER,          "RO-7",         RECEIVES, MAY),
        (Actor.DOSE_DEFORMER,          "RO-BRTO-II-5", SENDS,    MUST),
    )
    return tuple(Participation("DRRO", *row) for row in rows)


PARTICIPATIONS = (
    #       profile    stored        utilized      structures stored, retrieved, dose
    *_mmro("MMRO",     "RO-12",      "RO-13",      "RO-14",  "RO-15",  "RO-16"),
    *_mmro("MMRO-II",  "MMRO-II-1",  "MMRO-II-2",  "MMRO-3", "MMRO-4", "MMRO-5"),
    *_mmro("MMRO-III", "MMRO-III-1", "MMRO-III-2", "MMRO-3", "MMRO-4", "MMRO-5"),
    Participation("RO-11", Actor.CONTOURER, "RO-6",  sends=False),
    Participation("RO-11", Actor.CONTOURER, "RO-11", sends=True),
    Participation("RO-11", Actor.CONTOURER, "RO-2",  sends=True),
    *_drro(),
)
# fmt: on


def transactionsOf(actor: Actor, profile: str) -> tuple[Transaction, ...]:
    """The transactions of an actor in a profile, in the order of the table."""
    known = {one.id: one for one in TRANSACTIONS}
    return tuple(
        known[one.transaction]
        for one in PARTICIPATIONS
        if (one.actor, one.profile) == (actor, profile)
    )
