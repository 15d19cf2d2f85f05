"""Event streams out of outbox tables: one object per application, for another operator to serve."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from activities.manifests.metadata import Manifest, object_labels, owned, propagated_annotations
from activities.manifests.quantities import parse
from workflows.model import names
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql
from workflows.model.postgresql.sections import Stream, StreamTable

API_VERSION = "zalando.org/v1"
KIND = "FabricEventStream"
_CPU = "fes.zalando.org/FES_CPU"
_MEMORY = "fes.zalando.org/FES_MEMORY"
_NAKADI = "Nakadi"
_PLUGIN = "pgoutput"


def applications(cluster: Postgresql) -> list[str]:
    """Ids of the applications that have streams."""
    return sorted({stream.application_id for stream in cluster.spec.streams})


def build(
    name: str,
    *,
    cluster: Postgresql,
    configuration: Configuration,
    application: str,
    live: Mapping[str, Any] | None = None,
) -> Manifest:
    """Streams that are all in `live` already keep the order they have there."""
    streams = [one for one in cluster.spec.streams if one.application_id == application]
    found = [
        _event_stream(stream, table, cluster, configuration)
        for stream in sorted(streams, key=lambda stream: stream.database)
        for table in sorted(stream.tables)
    ]
    present = ((live or {}).get("spec") or {}).get("eventStreams") or []
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": owned(
            name,
            cluster=cluster,
            configuration=configuration,
            labels=object_labels(cluster, configuration),
            annotations={**propagated_annotations(cluster, configuration), **_sizes(streams)},
        ),
        "spec": {
            "applicationId": application,
            "eventStreams": present if _same(found, present) else found,
        },
    }


def slots(cluster: Postgresql) -> dict[str, dict[str, str]]:
    """Replication slots that the streams are read from, as Patroni is to keep them."""
    return {
        names.stream_slot(stream.database, stream.application_id): {
            "type": "logical",
            "database": stream.database,
            "plugin": _PLUGIN,
        }
        for stream in cluster.spec.streams
    }


def schema_and_name(table: str) -> tuple[str, str]:
    """Of a table as a manifest names it."""
    schema, dot, name = table.partition(".")
    return (schema, name) if dot else ("public", table)


def _sizes(streams: Sequence[Stream]) -> dict[str, str]:
    """What the streams of an application ask for: the largest of each."""
    asked = {
        _CPU: [stream.cpu for stream in streams if stream.cpu],
        _MEMORY: [stream.memory for stream in streams if stream.memory],
    }
    return {key: max(texts, key=parse) for key, texts in asked.items() if texts}


def _same(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return sorted(map(_text, one)) == sorted(map(_text, other))


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _event_stream(
    stream: Stream, table: str, cluster: Postgresql, configuration: Configuration
) -> Manifest:
    section = stream.tables[table]
    payload = section.payload_column
    return {
        "source": _source(stream, table, cluster, configuration),
        "flow": {
            "type": "PostgresWalToGenericNakadiEvent",
            **({"payloadColumn": payload} if payload else {}),
        },
        "sink": _sink(section.event_type, stream),
        "recovery": _recovery(stream, section),
    }


def _source(
    stream: Stream, table: str, cluster: Postgresql, configuration: Configuration
) -> Manifest:
    schema, name = schema_and_name(table)
    column, condition = stream.tables[table].id_column, stream.filter.get(table)
    return {
        "type": "PostgresLogicalReplication",
        "schema": schema,
        "table": {"name": name, **({"idColumn": column} if column else {})},
        **({"filter": condition} if condition else {}),
        "jdbcConnection": _connection(stream, cluster, configuration),
    }


def _connection(stream: Stream, cluster: Postgresql, configuration: Configuration) -> Manifest:
    metadata = cluster.metadata
    host, user = f"{metadata.name}.{metadata.namespace}", names.STREAM_USER
    secret = names.credentials_secret(
        user,
        cluster=metadata.name,
        namespace=metadata.namespace,
        template=configuration.secret_name_template,
    )
    query = f"user={user}&ssl=true&sslmode=require"
    return {
        "jdbcUrl": f"jdbc:postgresql://{host}/{stream.database}?{query}",
        "slotName": names.stream_slot(stream.database, stream.application_id),
        "pluginType": _PLUGIN,
        "databaseAuthentication": {
            "type": "DatabaseAuthenticationSecret",
            "name": secret,
            "userKey": "username",
            "passwordKey": "password",
        },
    }


def _sink(event_type: str, stream: Stream) -> Manifest:
    size = stream.batch_size
    return {
        "type": _NAKADI,
        "eventType": event_type,
        **({} if size is None else {"maxBatchSize": size}),
    }


def _recovery(stream: Stream, table: StreamTable) -> Manifest:
    """What becomes of events that can't be sent; no sink is written as null."""
    own = table.recovery_event_type
    if stream.enable_recovery is False or (stream.enable_recovery is None and not own):
        return {"type": "None", "sink": None}
    if table.ignore_recovery:
        return {"type": "Ignore", "sink": None}
    dead_letters = own or f"{table.event_type}-dead-letter-queue"
    return {"type": "DeadLetter", "sink": _sink(dead_letters, stream)}
