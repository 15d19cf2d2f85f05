from watcher.backoff import Backoff


def test_pauses_grow_to_the_limit_and_no_further() -> None:
    backoff = Backoff(first=1.0, limit=8.0)
    pauses = [backoff.next() for _ in range(50)]
    steps = [1.0, 2.0, 4.0] + [8.0] * 47
    assert all(step / 2 <= pause <= step for pause, step in zip(pauses, steps, strict=True))


def test_reset_begins_with_a_short_pause_again() -> None:
    backoff = Backoff(first=1.0, limit=8.0)
    for _ in range(5):
        backoff.next()
    backoff.reset()
    assert backoff.next() <= 1.0
