"""What holds for every valid resource under every valid configuration."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from activities.manifests import desired, secrets
from activities.manifests.inputs import PodEnvironment
from tests.unit.manifests.inputs import Object, cluster, configuration

words = st.from_regex(r"\A[a-z]([-a-z0-9]{0,8}[a-z0-9])?\Z")
texts = st.text(max_size=12)
keys = st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_]{0,12}\Z")
amounts = st.from_regex(r"\A[1-9][0-9]{0,5}(Mi|Gi|G|M)?\Z")
cpus = st.from_regex(r"\A([1-9][0-9]{0,3}m|[0-9]{1,2}(\.[0-9]{1,3})?)\Z")
mapping = st.dictionaries(keys, texts, max_size=4)
annotations = st.dictionaries(words, texts, max_size=3)


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Any selection of these fields."""
    return st.fixed_dictionaries({}, optional=fields)


resources = optional(
    requests=optional(cpu=cpus, memory=amounts), limits=optional(cpu=cpus, memory=amounts)
)
variables = st.lists(
    st.one_of(
        st.fixed_dictionaries({"name": keys, "value": texts}),
        st.fixed_dictionaries(
            {
                "name": keys,
                "valueFrom": st.just({"fieldRef": {"fieldPath": "spec.nodeName"}}),
            }
        ),
    ),
    max_size=4,
)
sidecar = st.fixed_dictionaries(
    {"image": words}, optional={"env": variables, "resources": resources, "command": st.just(["x"])}
)
volume = st.fixed_dictionaries(
    {
        "mountPath": st.sampled_from(["/a", "/b", "/home/postgres/pgdata", "/tls"]),
        "volumeSource": st.just({"emptyDir": {}}),
    },
    optional={
        "targetContainers": st.lists(st.sampled_from(["all", "postgres", "sidecar-0"])),
        "subPath": words,
        "isSubPathExpr": st.booleans(),
    },
)
specs = optional(
    numberOfInstances=st.integers(0, 9),
    postgresql=st.fixed_dictionaries(
        {"version": st.sampled_from(["14", "17", "18"])}, optional={"parameters": mapping}
    ),
    volume=st.fixed_dictionaries(
        {"size": amounts}, optional={"storageClass": words, "subPath": words}
    ),
    patroni=optional(
        initdb=st.dictionaries(words, st.sampled_from(["true", "x"]), max_size=3),
        pg_hba=st.lists(texts, max_size=2),
        slots=st.dictionaries(keys, mapping, max_size=2),
        ttl=st.integers(0, 100),
        maximum_lag_on_failover=st.integers(-(2**63), 2**63 - 1),
        synchronous_mode_strict=st.booleans(),
        synchronous_node_count=st.integers(0, 9),
        failsafe_mode=st.booleans(),
    ),
    clone=st.fixed_dictionaries(
        {"cluster": words},
        optional={"timestamp": st.just("2024-03-05T07:08:09+02:00"), "s3_endpoint": texts},
    ),
    standby=st.fixed_dictionaries({"standby_host": words}, optional={"standby_port": words}),
    tls=st.fixed_dictionaries(
        {"secretName": st.sampled_from(["", "cert"])},
        optional={"caFile": texts, "caSecretName": words, "certificateFile": texts},
    ),
    resources=resources,
    env=variables,
    sidecars=st.lists(sidecar, max_size=2),
    additionalVolumes=st.lists(volume, max_size=3).map(
        lambda volumes: [{**v, "name": f"v{n}"} for n, v in enumerate(volumes)]
    ),
    serviceAnnotations=annotations,
    podAnnotations=annotations,
    enableMasterLoadBalancer=st.booleans(),
    enableReplicaNodePort=st.booleans(),
    replicaNodePort=st.sampled_from([0, 30001]),
    spiloRunAsUser=st.integers(0, 2**31),
)
switches = ("true", "false")
parameters = optional(
    kubernetes_use_configmaps=st.sampled_from(switches),
    enable_pgversion_env_var=st.sampled_from(switches),
    enable_pod_disruption_budget=st.sampled_from(switches),
    enable_pod_antiaffinity=st.sampled_from(switches),
    enable_owner_references=st.sampled_from(switches),
    share_pgsocket_with_sidecars=st.sampled_from(switches),
    set_memory_request_to_limit=st.sampled_from(switches),
    pdb_master_label_selector=st.sampled_from(switches),
    node_readiness_label=st.sampled_from(["", "a:b", "a:b,c:d"]),
    etcd_host=st.sampled_from(["", "etcd:2379"]),
    wal_s3_bucket=st.sampled_from(["", "wal"]),
    default_cpu_limit=st.sampled_from(["", "0", "1"]),
    min_memory_limit=st.sampled_from(["", "1Gi"]),
    max_memory_request=st.sampled_from(["", "100Mi"]),
    scalyr_api_key=st.just("k"),
    scalyr_image=st.just("s"),
    pod_environment_secret=st.just("env"),
)
environments = st.builds(
    PodEnvironment,
    secret_keys=st.lists(keys, max_size=3, unique=True),
    config_map=mapping,
)


def built(spec: Object, under: dict[str, str], environment: PodEnvironment) -> list[Object]:
    of, configured = cluster(**spec), configuration(**under)
    secret = secrets.build(cluster=of, configuration=configured, user="u", password="p")
    rest = desired.objects(cluster=of, configuration=configured, environment=environment)
    return [secret, *rest]


@given(specs, parameters, environments)
def test_every_valid_input_makes_the_same_sound_objects_each_time(
    spec: Object, under: dict[str, str], environment: PodEnvironment
) -> None:
    objects = built(spec, under, environment)
    assert objects == built(spec, under, environment)
    assert json.loads(json.dumps(objects)) == objects
    for obj in objects:
        assert obj.keys() >= {"apiVersion", "kind", "metadata"}
        assert obj["metadata"]["namespace"] == "space"
    check_pod(objects[-1])


def check_pod(stateful_set: Object) -> None:
    """What server-side apply and the pod's validation demand of lists."""
    pod = stateful_set["spec"]["template"]["spec"]
    volumes = distinct(pod.get("volumes", []), "name")
    containers = distinct(pod["containers"], "name")
    assert "postgres" in containers
    for container in pod["containers"]:
        distinct(container["volumeMounts"], "mountPath")
        distinct(container["env"], "name")
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        assert mounted <= {"pgdata", *volumes}
        limits, requests = (container["resources"].get(k, {}) for k in ("limits", "requests"))
        assert all(isinstance(v, str) for v in (*limits.values(), *requests.values()))


def distinct(items: list[Object], field: str) -> list[str]:
    found = [str(item[field]) for item in items]
    assert len(set(found)) == len(found)
    return found
