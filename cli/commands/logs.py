"""`kubectl pg logs`: what the members' containers print."""

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer

from cli import moments, pods
from cli.api import Api
from cli.commands.options import ClusterName
from cli.desk import desk
from cli.errors import Complaint
from workflows.model.names import POSTGRES_CONTAINER

AGAIN_SECONDS = 1.0

Member = Annotated[str, typer.Argument(metavar="[MEMBER]", help="Name of its pod; else all")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C")]
Tail = Annotated[int, typer.Option(min=0, help="Lines of each member to begin with")]


def logs(
    context: typer.Context,
    cluster: ClusterName,
    member: Member = "",
    follow: Follow = False,
    tail: Tail = 50,
) -> None:
    """What the members print. With --follow, members that are made anew are followed, too."""
    at = desk(context)
    chosen = [one.name for one in pods.named(pods.of_cluster(at.api, cluster), member, cluster)]
    streams = {name: _stream(at.api, name, tail=tail, follow=follow) for name in chosen}
    for name, line in _mixed(streams) if follow else _in_turn(streams):
        at.screen.line(f"{name} | {line}" if len(chosen) > 1 else line)


def _stream(api: Api, pod: str, *, tail: int, follow: bool) -> Iterator[str]:
    """A member that is made anew, or not started yet, is asked for again."""
    if not follow:
        yield from api.log(pod, container=POSTGRES_CONTAINER, tail=tail)
        return
    since, wait = "", threading.Event()
    while True:
        try:
            begin = None if since else tail
            yield from api.log(
                pod, container=POSTGRES_CONTAINER, tail=begin, since=since, follow=True
            )
        except Complaint:
            if not since:
                raise
        since = moments.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        wait.wait(AGAIN_SECONDS)


def _in_turn(streams: dict[str, Iterator[str]]) -> Iterator[tuple[str, str]]:
    for name, lines in streams.items():
        for line in lines:
            yield name, line


def _mixed(streams: dict[str, Iterator[str]]) -> Iterator[tuple[str, str]]:
    """As the lines come, until the first stream fails."""
    lines: queue.Queue[tuple[str, str] | Complaint] = queue.Queue()

    def read(name: str, stream: Iterable[str]) -> None:
        try:
            for line in stream:
                lines.put((name, line))
        except Complaint as error:
            lines.put(error)

    for name, stream in streams.items():
        threading.Thread(target=read, args=(name, stream), daemon=True).start()
    while True:
        found = lines.get()
        if isinstance(found, Complaint):
            raise found
        yield found
