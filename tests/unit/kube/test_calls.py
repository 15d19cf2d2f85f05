from activities.kube.calls import Calls


def test_a_snapshot_stays_what_it_was() -> None:
    calls = Calls()
    before = calls.snapshot()
    calls.count("get", "Pod")
    assert not before
    assert calls.snapshot() - before == {("get", "Pod"): 1}
