"""What the dynamic configuration means for decisions about members."""

from typing import Any

import pytest

from activities.patroni.dynamic import DEFAULT_MAX_LAG_BYTES, Dynamic
from tests.unit.patroni.rest import recorded


@pytest.mark.parametrize(
    ("value", "on"),
    [(True, True), ("quorum", True), ("on", True), (False, False), ("off", False), (None, False)],
)
def test_a_mode_is_on_unless_it_is_clearly_off(value: Any, on: bool) -> None:
    dynamic = Dynamic.of({"synchronous_mode": value, "pause": value})
    assert (dynamic.synchronous, dynamic.held) == (on, on)


@pytest.mark.parametrize(
    ("value", "bytes_"), [(4096, 4096), ("4096", 4096), (None, DEFAULT_MAX_LAG_BYTES), ("x", 2**20)]
)
def test_the_lag_that_is_allowed_has_patronis_default(value: Any, bytes_: int) -> None:
    assert Dynamic.of({"maximum_lag_on_failover": value}).max_lag_bytes == bytes_


def test_a_real_answer_is_understood() -> None:
    assert Dynamic.of(recorded("config")).held is False
