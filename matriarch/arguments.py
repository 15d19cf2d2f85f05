"""The command line: our sub-commands, and the flags of Zalando's operator with either dash."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from matriarch.settings import Flags

TRUE = frozenset({"1", "t", "true"})
FALSE = frozenset({"0", "f", "false"})


class Command(StrEnum):
    """What to run."""

    OPERATOR = "operator"
    WORKER = "worker"
    WATCHER = "watcher"
    CRDS = "crds"


ABOUT = {
    Command.OPERATOR: "watcher, workers and API in one process; what the Deployment runs",
    Command.WORKER: "workflows and their steps only, to scale them apart",
    Command.WATCHER: "list and watch of resources only, to scale it apart",
    Command.CRDS: "write the custom resource definitions",
}


@dataclass(frozen=True)
class Arguments:
    """The command line, understood."""

    command: Command
    flags: Flags = field(default_factory=Flags)
    folder: Path | None = None
    """For `crds`: where to write one file per definition, instead of standard output."""


def parse(words: Sequence[str] | None = None) -> Arguments:
    """Understand a command line; exits with a message when it is wrong."""
    known = _parser().parse_args(words)
    if known.command == Command.CRDS:
        return Arguments(Command.CRDS, folder=known.folder)
    flags = Flags(
        kubeconfig=known.kubeconfig,
        out_of_cluster=known.outofcluster,
        no_database_access=known.nodatabaseaccess,
        no_teams_api=known.noteamsapi,
    )
    return Arguments(Command(known.command), flags=flags)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="matriarch", description="Postgres clusters on Kubernetes by durable workflows"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command, about in ABOUT.items():
        sub = commands.add_parser(command, help=about, description=about)
        if command is Command.CRDS:
            sub.add_argument("folder", nargs="?", type=Path, help="a file each, not to stdout")
        else:
            _add_flags(sub)
    return parser


def _add_flags(parser: argparse.ArgumentParser) -> None:
    switches = {
        "outofcluster": "use a kubeconfig even inside a pod",
        "nodatabaseaccess": "never connect to databases",
        "noteamsapi": "never ask the teams API",
    }
    parser.add_argument(
        "-kubeconfig", "--kubeconfig", default="", help="file to use; else $KUBECONFIG"
    )
    for name, about in switches.items():
        parser.add_argument(
            f"-{name}",
            f"--{name}",
            nargs="?",
            const=True,
            default=False,
            type=_boolean,
            metavar="BOOL",
            help=about,
        )
    for name in ("kubeqps", "kubeburst"):
        about = "accepted and without effect: requests are not throttled on our side"
        parser.add_argument(f"-{name}", f"--{name}", type=int, metavar="N", help=about)


def _boolean(text: str) -> bool:
    if text.lower() in TRUE:
        return True
    if text.lower() in FALSE:
        return False
    raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
