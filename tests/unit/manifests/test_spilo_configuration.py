import json
from typing import Any

import pytest

from activities.manifests import spilo_configuration
from activities.manifests.spilo_configuration import compact_json, single_precision
from tests.unit.manifests.inputs import cluster, configuration


def text(**spec: Any) -> str:
    return spilo_configuration.text(cluster(**spec), configuration())


def test_least_of_all() -> None:
    assert text() == (
        '{"postgresql":{},"bootstrap":{"initdb":[{"auth-host":"scram-sha-256"},'
        '{"auth-local":"trust"}],"dcs":{"failsafe_mode":false}}}'
    )


def test_most_of_all_in_its_order() -> None:
    whole = text(
        postgresql={
            "version": "17",
            "parameters": {"work_mem": "6MB", "shared_buffers": "1GB", "archive_command": "x"},
        },
        patroni={
            "initdb": {"locale": "C", "data-checksums": "true", "auth-local": "peer"},
            "pg_hba": ["local all all trust"],
            "slots": {"b": {"type": "physical"}, "a": {"type": "logical", "plugin": "p"}},
            "failsafe_mode": True,
            "synchronous_node_count": 2,
            "synchronous_mode_strict": True,
            "synchronous_mode": True,
            "maximum_lag_on_failover": 1000,
            "retry_timeout": 9,
            "loop_wait": 6,
            "ttl": 40,
        },
    )
    assert whole == (
        '{"postgresql":{"parameters":{"archive_command":"x","shared_buffers":"1GB"},'
        '"pg_hba":["local all all trust"]},'
        '"bootstrap":{"initdb":[{"auth-host":"scram-sha-256"},{"auth-local":"peer"},'
        '"data-checksums",{"locale":"C"}],'
        '"dcs":{"ttl":40,"loop_wait":6,"retry_timeout":9,"maximum_lag_on_failover":1000,'
        '"synchronous_mode":true,"synchronous_mode_strict":true,"synchronous_node_count":2,'
        '"postgresql":{"parameters":{"work_mem":"6MB"}},'
        '"slots":{"a":{"plugin":"p","type":"logical"},"b":{"type":"physical"}},'
        '"failsafe_mode":true}}}'
    )


def test_without_the_version_variable_the_folder_of_programs_says_it() -> None:
    under = configuration(enable_pgversion_env_var="false")
    found = json.loads(spilo_configuration.text(cluster(), under))
    assert found["postgresql"] == {"bin_dir": "/usr/lib/postgresql/17/bin"}


@pytest.mark.parametrize(
    ("manifest", "operator", "expected"),
    [(None, "false", False), (None, "true", True), (False, "true", False), (True, "false", True)],
)
def test_failsafe_mode_is_always_written(
    manifest: bool | None, operator: str, expected: bool
) -> None:
    patroni = {} if manifest is None else {"failsafe_mode": manifest}
    under = configuration(enable_patroni_failsafe_mode=operator)
    found = json.loads(spilo_configuration.text(cluster(patroni=patroni), under))
    assert found["bootstrap"]["dcs"]["failsafe_mode"] is expected


def test_zero_is_left_to_patroni() -> None:
    patroni = {"ttl": 0, "synchronous_node_count": 0, "maximum_lag_on_failover": 0, "slots": {}}
    assert text(patroni=patroni) == text()


@pytest.mark.parametrize("value", ["false", "TRUE", ""])
def test_only_true_makes_a_flag_of_an_initdb_option(value: str) -> None:
    found = json.loads(text(patroni={"initdb": {"data-checksums": value}}))
    assert found["bootstrap"]["initdb"][2] == {"data-checksums": value}


def test_an_option_that_takes_a_value_is_never_a_flag() -> None:
    found = json.loads(text(patroni={"initdb": {"locale": "true"}}))
    assert found["bootstrap"]["initdb"][2] == {"locale": "true"}


def test_json_is_escaped_as_go_escapes_it() -> None:
    assert compact_json({"a": "<&>", "b": "é\u2028", "c": 'q"\\\n'}) == (
        '{"a":"\\u003c\\u0026\\u003e","b":"é\\u2028","c":"q\\"\\\\\\n"}'
    )


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (1, 1),
        (33554432, 33554432),
        (16777217, 16777216),
        (50000001, 50000000),
        (123456789, 123456790),
        (-5, -5),
        (9223372036854775807, 9223372000000000000),
    ],
)
def test_the_lag_passes_a_32_bit_float(number: int, written: int) -> None:
    assert single_precision(number) == written
