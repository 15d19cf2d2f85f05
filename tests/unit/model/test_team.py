"""Reading a `PostgresTeam` object."""

import pytest

from workflows.model.errors import InvalidManifest
from workflows.model.team import parse


def test_a_team_is_read() -> None:
    team = parse(
        {
            "metadata": {"name": "t", "namespace": "n"},
            "spec": {
                "additionalSuperuserTeams": {"acid": ["admins"]},
                "additionalTeams": {"acid": ["b", "c"]},
                "additionalMembers": None,
            },
        }
    )
    assert team.metadata.namespace == "n"
    assert team.spec.additional_superuser_teams == {"acid": ["admins"]}
    assert team.spec.additional_teams == {"acid": ["b", "c"]}
    assert team.spec.additional_members == {}


def test_every_bad_field_of_a_team_is_named() -> None:
    with pytest.raises(InvalidManifest) as caught:
        parse(
            {
                "metadata": {"name": "t"},
                "spec": {"additionalTeams": {"a": "b"}, "additionalMembers": {"a": [1]}},
            }
        )
    assert [error.path for error in caught.value.errors] == [
        "spec.additionalTeams.a",
        "spec.additionalMembers.a[0]",
    ]
