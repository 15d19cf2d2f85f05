"""Settings are written so that the server stores what was meant, and compared by meaning."""

import pytest

from activities.postgres import settings


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("search_path", '"$user", books', "'$user', 'books'"),
        ("search_path", "data,public", "'data', 'public'"),
        ("search_path", "'data,public'", "'data', 'public'"),
        ("search_path", 'Data, "Mixed Case"', "'data', 'Mixed Case'"),
        ("search_path", '"with ""quotes"""', "'with \"quotes\"'"),
        ("search_path", "", "''"),
        ("temp_tablespaces", "one, two", "'one', 'two'"),
        ("log_statement", "all", "'all'"),
        ("log_statement", " all ", "'all'"),
        ("log_statement", "'all'", "'all'"),
        ("DateStyle", '"ISO, DMY"', "'ISO, DMY'"),
        ("application_name", "it's", "'it''s'"),
    ],
)
def test_a_value_is_written_as_a_list_only_where_the_setting_is_one(
    name: str, value: str, written: str
) -> None:
    assert settings.value_of(name, value).as_string(None) == written


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("search_path", '"search_path"'),
        ("pgaudit.log", '"pgaudit"."log"'),
        ('x" TO 1; DROP', '"x"" TO 1; DROP"'),
    ],
)
def test_a_name_is_quoted_with_its_prefix_apart(name: str, written: str) -> None:
    assert settings.name_of(name).as_string(None) == written


@pytest.mark.parametrize(
    ("name", "stored", "wanted", "same"),
    [
        ("search_path", '"$user", books', '"$user",books', True),
        ("search_path", "books", '"books"', True),
        ("search_path", "books", '"Books"', False),
        ("search_path", "books, misc", "misc, books", False),
        ("SEARCH_PATH", "books", "'books'", True),
        ("log_statement", "all", "'all'", True),
        ("log_statement", "all", "ddl", False),
        ("log_statement", None, "all", False),
        ("search_path", '"unbalanced', '"unbalanced', True),
    ],
)
def test_stored_and_wanted_values_are_compared_by_what_they_mean(
    name: str, stored: str | None, wanted: str, same: bool
) -> None:
    assert settings.same_value(name, stored, wanted) is same


def test_stored_settings_are_found_by_their_names_in_lower_case() -> None:
    assert settings.parsed(["DateStyle=ISO, DMY", "search_path=a=b"]) == {
        "datestyle": "ISO, DMY",
        "search_path": "a=b",
    }
