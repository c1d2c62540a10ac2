"""Actors and transactions as RO TF-1 Table A.2-2 and the MMRO editions have them."""

from __future__ import annotations

from IHERORegistrationLib.actors import (
    PARTICIPATIONS,
    TRANSACTIONS,
    Actor,
    Optionality,
    transactionsOf,
)
from IHERORegistrationLib.profiles.selection import PROFILES


def idsOf(actor: Actor, profile: str) -> list[str]:
    return [one.id for one in transactionsOf(actor, profile)]


def test_every_transaction_has_one_number() -> None:
    ids = [one.id for one in TRANSACTIONS]
    assert len(ids) == len(set(ids))


def test_participations_name_known_transactions_and_profiles() -> None:
    assert {one.transaction for one in PARTICIPATIONS} <= {one.id for one in TRANSACTIONS}
    assert {one.profile for one in PARTICIPATIONS} <= set(PROFILES)


def test_the_registrator_stores_by_the_numbers_of_its_edition() -> None:
    stored = {
        one.profile: one.transaction
        for one in PARTICIPATIONS
        if one.actor is Actor.REGISTRATOR and one.sends
    }
    assert stored == {"MMRO": "RO-12", "MMRO-II": "MMRO-II-1", "MMRO-III": "MMRO-III-1"}


def test_the_registrator_need_not_use_registrations_of_others() -> None:
    optional = {
        one.transaction
        for one in PARTICIPATIONS
        if one.profile == "MMRO-III" and one.optionality is Optionality.OPTIONAL
    }
    assert optional == {"RAD-18", "MMRO-III-2"}


def test_displays_and_contourer_have_the_transactions_of_mmro_iii() -> None:
    assert idsOf(Actor.REGISTERED_DISPLAY, "MMRO-III") == ["RAD-8", "MMRO-4", "MMRO-III-2"]
    dose = idsOf(Actor.REGISTERED_DOSE_DISPLAY, "MMRO-III")
    assert sorted(dose) == ["MMRO-4", "MMRO-5", "MMRO-III-2", "RAD-8"]
    contourer = idsOf(Actor.REGISTERED_CONTOURER, "MMRO-III")
    assert sorted(contourer) == ["MMRO-3", "MMRO-4", "MMRO-III-2", "RAD-8"]


def test_what_a_registration_transaction_carries_is_judged_by_its_profile() -> None:
    for profile in ("MMRO", "MMRO-II", "MMRO-III"):
        judged = {uid for rule in PROFILES[profile].rules for uid in rule.objects}
        for one in transactionsOf(Actor.REGISTRATOR, profile):
            assert set(one.sopClassUIDs) <= judged


def test_the_deformable_actors_have_the_transactions_of_drro() -> None:
    sent = {
        one.actor: one.transaction for one in PARTICIPATIONS if one.profile == "DRRO" and one.sends
    }
    assert sent == {
        Actor.DEFORMABLE_REGISTRATOR: "RO-DRRO-1",
        Actor.CONTOUR_DEFORMER: "RO-2",
        Actor.IMAGE_DEFORMER: "RAD-18",
        Actor.DOSE_DEFORMER: "RO-BRTO-II-5",
    }
    optional = {
        (one.actor, one.transaction)
        for one in PARTICIPATIONS
        if one.profile == "DRRO" and one.optionality is Optionality.OPTIONAL
    }
    assert optional == {
        (Actor.DEFORMABLE_REGISTRATOR, "RO-7"),
        (Actor.DEFORMABLE_REGISTRATOR, "MMRO-III-2"),
        (Actor.DEFORMABLE_DISPLAYER, "RO-7"),
        (Actor.DEFORMABLE_DISPLAYER, "RO-BRTO-II-6"),
        (Actor.DOSE_DEFORMER, "RO-7"),
    }
    assert idsOf(Actor.DEFORMABLE_DISPLAYER, "DRRO") == [
        "RAD-16", "RO-7", "RO-BRTO-II-6", "RO-DRRO-2"
    ]  # fmt: skip
