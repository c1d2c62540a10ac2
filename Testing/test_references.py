from IHERORegistrationLib.references import InstanceReference, SeriesReference


def test_a_series_gives_its_instances_in_their_order():
    instances = tuple(InstanceReference("1.2.840", f"1.2.{number}") for number in (3, 1, 2))
    assert tuple(SeriesReference("1.5", "1.6", instances)) == instances


def test_references_are_the_same_when_all_their_parts_are():
    assert InstanceReference("1.2", "1.3", (1, 2)) == InstanceReference("1.2", "1.3", (1, 2))
    assert InstanceReference("1.2", "1.3", (1, 2)) != InstanceReference("1.2", "1.3")
    assert len({InstanceReference("1.2", "1.3"), InstanceReference("1.2", "1.3")}) == 1
