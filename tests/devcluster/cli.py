"""The command line: python -m tests.devcluster COMMAND; `README.md` lists the commands."""

import argparse
import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from tests.devcluster import endings, outage, outer, state, status
from tests.devcluster.imagebuild.engine import BuildFailed
from tests.devcluster.layout import Layout, Refused
from tests.devcluster.nodes import Nodes
from tests.devcluster.power import add_node, remove_node, start_node
from tests.devcluster.progress import Failed, Progress
from tests.devcluster.state import State
from tests.devcluster.supervisor import SupervisorClient
from tests.devcluster.up import Wish, up


class Commands:
    """One method per command; each returns the exit code."""

    def __init__(self, words: argparse.Namespace) -> None:
        self.words = words
        self.layout = Layout.of(name=words.name)
        self.say = Progress()

    def up(self) -> int:
        wish = Wish(nodes=tuple(self.words.nodes or ()), bare=self.words.bare)
        with self._alone():
            known = up(self.layout, wish, say=self.say)
        self.say("the platform is up")
        print("\n".join(status.places(self.layout, known)))
        return 0

    def down(self) -> int:
        with self._alone():
            if self.layout.home.exists():
                endings.down(self.layout, state.load(self.layout) or state.fresh())
        self.say("the platform is down")
        return 0

    def reset(self) -> int:
        with self._alone():
            known = self._running()
            wish = Wish(nodes=tuple(known.nodes), bare="s3" not in known.images)
            endings.end(self.layout, known)
            up(self.layout, wish, say=self.say)
        self.say("the platform is empty again")
        return 0

    def status(self) -> int:
        known = state.load(self.layout)
        print(status.report(self.layout, known) if known else status.NOT_RUNNING)
        return 0 if known and known.running else 1

    def kubeconfig(self) -> int:
        self._running()
        print(self.layout.kubeconfig)
        return 0

    def load(self) -> int:
        archives = [Path(name).resolve() for name in self.words.archives]
        with self._alone():
            known = self._running()
            nodes = self._nodes(known)
            on = [node for node in known.all_nodes if nodes.is_on(node)]
            with ThreadPoolExecutor() as pool:
                for archive in archives:
                    list(pool.map(lambda node, a=archive: nodes.load(node, a), on))
                    self.say(f"loaded {archive.name} into {len(on)} nodes")
            loaded = (*known.loaded, *map(str, archives))
            state.save(self.layout, replace(known, loaded=tuple(dict.fromkeys(loaded))))
        return 0

    def run(self) -> int:
        known = self._running()
        path = os.pathsep.join([known.binaries, os.environ.get("PATH", "")])
        environment = {**os.environ, **status.environment(self.layout, known), "PATH": path}
        command = command_of(self.words)
        if self.words.inside:
            command = [*outer.inside(known, folder=Path.cwd()), *command]
        return subprocess.run(command, env=environment).returncode

    def node(self) -> int:
        with self._alone():
            known = self._running()
            match self.words.verb:
                case "add":
                    add_node(self.layout, known, self.words.node, say=self.say)
                case "start":
                    start_node(self.layout, known, self.words.node, say=self.say)
                case "remove":
                    remove_node(self.layout, known, self.words.node, say=self.say)
                case "stop":
                    self._nodes(known).power_off(known.node(self.words.node))
                    self.say(f"{self.words.node} is off")
        return 0

    def fault(self) -> int:
        """Lasts as long as the command runs; what is at work beside it goes on."""
        known, seconds = self._running(), self.words.seconds
        match self.words.what:
            case "api":
                outage.api(known, SupervisorClient(self.layout.socket), seconds=seconds)
            case "network":
                node = known.node(self.words.node)
                outage.network(self._nodes(known), node, self.words.addresses, seconds=seconds)
        return 0

    def _running(self) -> State:
        known = state.load(self.layout)
        if not known or not known.running:
            raise Refused(status.NOT_RUNNING)
        return known

    def _nodes(self, known: State) -> Nodes:
        return Nodes(self.layout, known, Path(known.binaries))

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One command at a time may change this instance."""
        if os.geteuid() != 0:
            raise Refused("only root can make namespaces and mounts")
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(state.locked(self.layout.lock, busy="busy"))
            except Refused:
                self.say("waiting for another command that is at work on this platform")
                stack.enter_context(state.locked(self.layout.lock))
            yield


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="python -m tests.devcluster",
        description="A real Kubernetes of several nodes on this machine, in namespaces.",
    )
    top.add_argument("--name", default="", help="a second platform of this checkout")
    verbs = top.add_subparsers(dest="command_name", required=True, metavar="COMMAND")

    command = verbs.add_parser("up", help="bring it up, or mend what is missing")
    command.add_argument("--nodes", nargs="+", metavar="NAME", help="the names of its nodes")
    command.add_argument("--bare", action="store_true", help="only Kubernetes and its storage")
    verbs.add_parser("down", help="end it; nothing stays but caches")
    verbs.add_parser("status", help="what runs, where, and what it takes")
    verbs.add_parser("reset", help="make it an empty cluster again")
    verbs.add_parser("kubeconfig", help="print the path of the kubeconfig")
    command = verbs.add_parser("load", help="import images into the nodes")
    command.add_argument("archives", nargs="+", metavar="TAR")
    command = verbs.add_parser("run", help="run a command with everything set to use it")
    command.add_argument("--inside", action="store_true", help="where pods can be reached directly")
    command.add_argument("command", nargs=argparse.REMAINDER, metavar="-- CMD")
    command = verbs.add_parser("node", help="add, stop (a power cut), start or remove a node")
    command.add_argument("verb", choices=["add", "stop", "start", "remove"])
    command.add_argument("node", metavar="NAME")
    _add_faults(verbs.add_parser("fault", help="let something be away for a while"))
    return top


def _add_faults(command: argparse.ArgumentParser) -> None:
    whats = command.add_subparsers(dest="what", required=True, metavar="WHAT")
    api = whats.add_parser("api", help="the API server answers nobody")
    network = whats.add_parser("network", help="two pods, one of them on NODE, can't reach another")
    network.add_argument("node", metavar="NODE")
    network.add_argument("addresses", nargs=2, metavar="ADDRESS")
    for one in (api, network):
        one.add_argument("--seconds", type=float, default=30.0)


def command_of(words: argparse.Namespace) -> list[str]:
    """What `run` is to run: only the first `--` is ours."""
    command: list[str] = words.command
    command = command[1:] if command[:1] == ["--"] else command
    if not command:
        raise Refused("run what? For example: run -- kubectl get pods")
    return command


def main(argv: Sequence[str]) -> int:
    words = parser().parse_args(argv)
    try:
        return int(getattr(Commands(words), words.command_name)())
    except (Refused, Failed, BuildFailed, OSError) as trouble:
        print(f"{words.command_name}: {trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
