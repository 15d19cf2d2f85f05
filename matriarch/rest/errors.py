"""The one error of this API; whoever asks gets it as `{"error": ...}` with status 500."""


class NoAnswer(Exception):
    """There is no such page, cluster, team or worker, or this process can't know. Says which."""
