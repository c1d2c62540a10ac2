"""Statistics against numpy's, and by mental arithmetic where values weigh differently."""

import numpy as np
import pytest

from IHERODeformationLib.distribution import distributionOf


def test_statistics_of_equal_weights_are_numpys():
    values = np.random.default_rng(1).gamma(2, 3, 701)
    found = distributionOf(values)
    assert found.count == 701
    assert found.minimum == values.min()
    assert found.maximum == values.max()
    assert found.mean == pytest.approx(values.mean())
    percentiles = (found.p1, found.median, found.p95, found.p99)
    np.testing.assert_allclose(percentiles, np.percentile(values, (1, 50, 95, 99)), rtol=1e-12)


def test_a_value_counts_by_its_weight():
    found = distributionOf(np.array([4.0, 1.0, 2.0]), np.array([1.0, 2.0, 3.0]))
    assert found.mean == pytest.approx((4 + 2 + 6) / 6)
    # middles of 1, 2, 4 at 1, 3.5, 5.5 of 6: shares 0, 2.5/4.5 and 1
    assert found.median == pytest.approx(1 + 0.5 / (2.5 / 4.5))


def test_what_is_no_number_is_left_out():
    found = distributionOf(np.array([np.nan, 3.0, np.nan, 5.0]), np.array([9.0, 1, 9, 3]))
    assert (found.count, found.minimum, found.maximum) == (2, 3, 5)
    assert found.mean == 4.5


@pytest.mark.parametrize("values", [[], [np.nan, np.nan]])
def test_of_nothing_nothing_is_known(values):
    found = distributionOf(np.array(values))
    assert found.count == 0
    assert np.isnan([found.minimum, found.p1, found.mean, found.p95, found.maximum]).all()


def test_of_one_value_all_statistics_are_it():
    found = distributionOf(np.array([7.0]), np.array([0.5]))
    assert {found.minimum, found.p1, found.median, found.p99, found.mean, found.maximum} == {7}
