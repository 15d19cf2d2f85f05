import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.manifests.quantities import canonical, parse


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("1000m", "1"),
        ("0.5", "500m"),
        ("1.5", "1500m"),
        ("1500", "1500"),
        ("2000", "2k"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("512Ki", "512Ki"),
        ("0.5Ki", "512"),
        ("1.1Gi", "1181116006400m"),
        ("1G", "1G"),
        ("1e3", "1e3"),
        ("1e10", "10e9"),
        ("0", "0"),
        ("0Gi", "0"),
        ("0.0000000001", "1n"),
        ("16Ei", "9223372036854775807"),
        ("1e999", "9223372036854775807"),
    ],
)
def test_is_written_as_the_server_stores_it(written: str, stored: str) -> None:
    assert canonical(written) == stored


@pytest.mark.parametrize("text", ["", "1 Gi", "Gi", "1gi", "1.2.3", "--1", "1Kim", "ten"])
def test_refuses_what_is_no_quantity(text: str) -> None:
    with pytest.raises(ValueError, match="not a quantity"):
        parse(text)


def test_compares_by_value_whatever_the_unit() -> None:
    assert parse("1Gi") == parse("1024Mi")
    assert parse("1G") < parse("1Gi")
    assert parse("1e3") == parse("1k")
    assert parse("100m") < parse("0.2")


numbers = st.from_regex(r"\A[0-9]{1,9}(\.[0-9]{1,3})?([mkMGTPE]|[KMGTPE]i)?\Z")


@given(numbers)
def test_canonical_form_has_the_same_value_and_stays(text: str) -> None:
    once = canonical(text)
    assert parse(once) == parse(text)
    assert canonical(once) == once
