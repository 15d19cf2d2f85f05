from typing import Any

import pytest

from activities.manifests import event_stream
from tests.unit.manifests.inputs import cluster, configuration


def stream(**more: Any) -> dict[str, Any]:
    tables = more.pop("tables", {"data.orders": {"eventType": "order.created"}})
    return {"applicationId": "my-app", "database": "shop", "tables": tables, **more}


def built(*streams: dict[str, Any], live: Any = None, **config: Any) -> dict[str, Any]:
    return event_stream.build(
        "acid-c-x1y2z",
        cluster=cluster(streams=list(streams)),
        configuration=configuration(**config),
        application="my-app",
        live=live,
    )


def events(*streams: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = built(*streams)["spec"]["eventStreams"]
    return found


def test_a_table_becomes_a_stream_out_of_its_slot() -> None:
    (found,) = events(stream())
    assert found["source"]["schema"] == "data"
    assert found["source"]["table"] == {"name": "orders"}
    connection = found["source"]["jdbcConnection"]
    assert connection["slotName"] == "fes_shop_my_app"
    assert connection["pluginType"] == "pgoutput"
    assert connection["jdbcUrl"].endswith("/shop?user=fes_user&ssl=true&sslmode=require")
    assert connection["databaseAuthentication"]["name"].startswith("fes-user.")
    assert found["sink"] == {"type": "Nakadi", "eventType": "order.created"}
    assert found["flow"] == {"type": "PostgresWalToGenericNakadiEvent"}


def test_a_table_without_schema_is_in_public() -> None:
    (found,) = events(stream(tables={"orders": {"eventType": "e"}}))
    assert (found["source"]["schema"], found["source"]["table"]) == ("public", {"name": "orders"})


def test_what_is_given_is_passed_on() -> None:
    table = {"eventType": "e", "idColumn": "o_id", "payloadColumn": "o_payload"}
    given = stream(tables={"t": table}, filter={"t": "[?(@.a > 1)]"}, batchSize=5)
    (found,) = events(given)
    assert found["source"]["table"] == {"name": "t", "idColumn": "o_id"}
    assert found["source"]["filter"] == "[?(@.a > 1)]"
    assert found["flow"]["payloadColumn"] == "o_payload"
    assert found["sink"]["maxBatchSize"] == 5


DEAD = {"type": "DeadLetter", "sink": {"type": "Nakadi", "eventType": "e-dead-letter-queue"}}
OWN = {"type": "DeadLetter", "sink": {"type": "Nakadi", "eventType": "dlq"}}
NONE = {"type": "None", "sink": None}
IGNORE = {"type": "Ignore", "sink": None}


@pytest.mark.parametrize(
    ("enable", "table", "recovery"),
    [
        (None, {}, NONE),
        (False, {"recoveryEventType": "dlq"}, NONE),
        (None, {"recoveryEventType": "dlq"}, OWN),
        (True, {}, DEAD),
        (True, {"recoveryEventType": "dlq"}, OWN),
        (True, {"ignoreRecovery": True}, IGNORE),
        (None, {"ignoreRecovery": True}, NONE),
    ],
)
def test_what_becomes_of_events_that_cannot_be_sent(
    enable: bool | None, table: dict[str, Any], recovery: dict[str, Any]
) -> None:
    given = stream(tables={"t": {"eventType": "e", **table}})
    if enable is not None:
        given["enableRecovery"] = enable
    assert events(given)[0]["recovery"] == recovery


def test_the_largest_of_what_streams_ask_for_is_annotated() -> None:
    annotations = built(
        stream(cpu="250m", memory="500Mi"), stream(database="other", cpu="1", memory="100Mi")
    )["metadata"]["annotations"]
    assert annotations == {
        "fes.zalando.org/FES_CPU": "1",
        "fes.zalando.org/FES_MEMORY": "500Mi",
    }
    assert "annotations" not in built(stream())["metadata"]


def test_streams_that_are_there_keep_their_order() -> None:
    streams = stream(tables={"a": {"eventType": "e"}, "b": {"eventType": "e"}})
    ours = built(streams)
    theirs = {**ours, "spec": {**ours["spec"], "eventStreams": ours["spec"]["eventStreams"][::-1]}}
    assert built(streams, live=theirs)["spec"] == theirs["spec"]
