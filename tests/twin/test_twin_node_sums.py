"""Light off reflectors times what nodes send, and some reflectors alone, against scipy and the whole cell."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from solar.irradiance import BinTotals, Reflection
from twin import skylight
from twin.operators import CellData, Operators, Receivers, Reflectors, no_horizon
from twin.reflection.some import seen_alone


def test_sums_over_nodes_are_those_of_a_sparse_product() -> None:
    random = np.random.default_rng(5)
    light = random.random((40, 90)) * (random.random((40, 90)) < 0.4)
    sent = random.random((90, 7)) * (random.random((90, 7)) < 0.2)
    none, bins = np.zeros((40, 1)), np.zeros((7, 1))
    back = Reflection(light, none, none, none, np.zeros((40, 0)))
    totals = BinTotals(bins, bins, bins, np.zeros((7, 0)))
    for some in (np.arange(40), np.array([3, 30, 4])):
        part = Reflection(*(column[some] for column in back))
        found = skylight.reflected(part, totals, csr_array(sent))
        assert np.array_equal(found, (csr_array(sent).T @ light.T).T[some])
        assert np.allclose(found, skylight.reflected(part, totals, sent), rtol=1e-13)


def test_a_cell_keeps_the_reflectors_that_its_receivers_see() -> None:
    key = np.array([2, 5, 7, 11])
    reflectors = Reflectors(
        key,
        np.array([True, False, True, True]),
        np.arange(12, dtype=np.float32).reshape(4, 3),
        np.arange(8, dtype=np.uint8).reshape(4, 2),
        np.arange(12, dtype=np.float32).reshape(4, 3),
        np.zeros((4, 0), np.float16),
    )
    nothing = np.zeros(3, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32)
    seen, share = np.array([3, 1, 3], np.int32), np.array([0.5, 0.25, 0.125], np.float32)
    bits = np.zeros((2, 1), np.uint64)
    operators = Operators(bits, bits, *nothing, np.array([0, 2, 3]), seen, share)
    place = np.zeros((2, 3), np.float32)
    receivers = Receivers(place, place, np.ones(2, np.float32), np.zeros(2, np.int32), np.zeros(2, bool))
    data = CellData(receivers, operators, np.zeros(3), reflectors, no_horizon())
    alone = seen_alone(data)
    assert alone.reflectors.key.tolist() == [5, 11]
    assert alone.reflectors.known.tolist() == [False, True]
    assert np.array_equal(alone.reflectors.key[alone.operators.reflect_index], key[seen])
    assert alone.operators.reflect_index.dtype == np.int32
    assert np.array_equal(alone.operators.reflect_weight, share)
