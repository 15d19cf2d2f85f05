from datetime import UTC, datetime, timedelta
from typing import Any

from activities.cloud import claims
from activities.cloud.claims import Refusal, Wish
from activities.cloud.volumes import Properties
from tests.unit.kube.clusters import cluster, configuration
from workflows.model.names import CLOUD_VOLUME, CLOUD_VOLUME_REFUSED

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
WANTED = Wish(Properties(gibibytes=2, type="gp3"))


def claim(number: int = 0, *, capacity: str = "2Gi", **spec: Any) -> dict[str, Any]:
    return {
        "kind": claims.KIND,
        "metadata": {"name": f"pgdata-acid-c-{number}", "namespace": "ns", "uid": "u"},
        "spec": {"volumeName": f"pv-{number}", **spec},
        "status": {"capacity": {"storage": capacity}},
    }


def patched(found: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    changed = {**found["metadata"].get("annotations", {}), **patch["metadata"]["annotations"]}
    kept = {key: value for key, value in changed.items() if value is not None}
    return {**found, "metadata": {**found["metadata"], "annotations": kept}}


def test_bound_claims_of_wanted_members_are_meant() -> None:
    found = [claim(0), claim(1), claim(2), claim(1, volumeName=""), {**claim(0), "spec": {}}]
    going = claim(0)
    going["metadata"] = {**going["metadata"], "deletionTimestamp": "now"}
    other = claim(0)
    other["metadata"] = {**other["metadata"], "name": "data-acid-c-0"}
    used = claims.used([*found, going, other], cluster(), configuration())
    assert used == [claim(0), claim(1)]


def test_a_claim_is_seen_to_for_the_wishes_of_then_and_the_volume_of_then() -> None:
    found = patched(claim(), claims.done(claim(), WANTED))
    assert claims.is_seen_to(found, WANTED)
    assert not claims.is_seen_to(found, Wish(Properties(gibibytes=2, type="io2")))
    assert not claims.is_seen_to({**found, "spec": {"volumeName": "another"}}, WANTED)


def test_a_volume_with_the_room_is_seen_to_for_nothing_but_its_size() -> None:
    assert claims.is_seen_to(claim(capacity="2Gi"), Wish(Properties(gibibytes=2)))
    assert not claims.is_seen_to(claim(capacity="1Gi"), Wish(Properties(gibibytes=2)))
    assert not claims.is_seen_to(claim(capacity="2Gi"), WANTED)


def test_a_refusal_counts_until_its_time_and_for_the_same_wishes() -> None:
    refusal = Refusal(NOW + timedelta(hours=6), "too\nsoon")
    found = patched(claim(), claims.refused(claim(), WANTED, refusal))
    told = claims.refusal(found, WANTED, now=NOW)
    assert str(told) == "too soon; next try after 2026-01-31T18:00:00Z"
    assert claims.refusal(found, WANTED, now=NOW + timedelta(hours=7)) is None
    assert claims.refusal(found, Wish(Properties(gibibytes=3)), now=NOW) is None


def test_who_asks_again_has_nothing_taken_for_granted() -> None:
    refused = patched(claim(), claims.refused(claim(), WANTED, Refusal(NOW, "too soon")))
    done = patched(claim(), claims.done(claim(), WANTED))
    again = Wish(WANTED.properties, again="now")
    assert claims.refusal(refused, again, now=NOW - timedelta(hours=1)) is None
    assert not claims.is_seen_to(done, again)


def test_a_wish_is_known_from_the_resource_where_ec2_is_the_way_to_it() -> None:
    found = cluster()
    found.metadata.annotations["matriarch.dev/sync-requested"] = "now"
    wish = Wish.of(found, configuration(storage_resize_mode="ebs"))
    assert wish == Wish(Properties(gibibytes=1), again="now")
    assert Wish.of(found, configuration()) is None


def test_what_somebody_else_wrote_there_is_no_refusal() -> None:
    about = claims.token(claim(), WANTED)
    for text in ("", about, f"{about} soon", f"{about} 2999-01-01T00:00:00 no zone"):
        found = patched(claim(), {"metadata": {"annotations": {CLOUD_VOLUME_REFUSED: text}}})
        assert claims.refusal(found, WANTED, now=NOW) is None


def test_success_takes_a_refusal_away() -> None:
    refused = claims.refused(claim(), WANTED, Refusal(NOW, "too soon"))
    found = patched(patched(claim(), refused), claims.done(claim(), WANTED))
    assert found["metadata"]["annotations"].keys() == {CLOUD_VOLUME}
