"""Formats of single fields: what the schema's patterns and enums let through."""

import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.model.formats import BAD, GOOD, spec_with
from tests.unit.model.manifests import parsed, refused_paths


@pytest.mark.parametrize(("kind", "value"), GOOD)
def test_good_values_are_accepted(kind: str, value: Any) -> None:
    assert parsed(**spec_with(kind, value)).spec.team_id == "acid"


@pytest.mark.parametrize(("kind", "value"), BAD)
def test_bad_values_are_refused_at_one_field(kind: str, value: Any) -> None:
    assert len(refused_paths(**spec_with(kind, value))) == 1


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_every_ipv4_range_is_accepted(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, prefix: int
) -> None:
    assert parsed(allowedSourceRanges=[f"{address}/{prefix}"]).spec.allowed_source_ranges


@given(st.ip_addresses(v=6), st.integers(0, 128), st.booleans())
def test_every_ipv6_range_is_accepted_long_and_short(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, prefix: int, short: bool
) -> None:
    text = f"{address.compressed if short else address.exploded}/{prefix}"
    assert parsed(allowedSourceRanges=[text]).spec.allowed_source_ranges
