"""Which words are good news, and which are not."""

from rich.text import Text

from workflows.model.postgresoperation import Phase

_OF_PHASE = {
    Phase.WAITING: "yellow",
    Phase.RUNNING: "cyan",
    Phase.PAUSED: "yellow",
    Phase.PLANNED: "blue",
    Phase.SUCCEEDED: "green",
    Phase.FAILED: "red",
    Phase.ABORTED: "magenta",
    Phase.ROLLED_BACK: "magenta",
    Phase.SUPERSEDED: "dim",
    Phase.REFUSED: "red",
}


def phase(of: Phase) -> Text:
    return Text(of, _OF_PHASE[of])


def word(text: str) -> Text:
    """Of a cluster's status."""
    if not text:
        return Text("unseen", "dim")
    if text == "Running":
        return Text(text, "green")
    return Text(text, "red" if text.endswith("Failed") or text == "Invalid" else "yellow")
