"""What an instance remembers between two commands, and whether it is alive."""

import contextlib
import fcntl
import json
import shutil
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from tests.devcluster.layout import (
    CHECKOUT,
    DEFAULT_NODES,
    MOST_NODES,
    Layout,
    Node,
    Refused,
    Uplink,
    devcluster_home,
)


@dataclass(frozen=True)
class Holder:
    """The outer process; its start time tells it from a later one with the same number."""

    pid: int
    started: str
    boot: str

    @classmethod
    def of(cls, pid: int) -> "Holder":
        return cls(pid, _start_time(pid), _boot())

    @property
    def alive(self) -> bool:
        try:
            return self.boot == _boot() and self.started == _start_time(self.pid)
        except (FileNotFoundError, ProcessLookupError):
            return False


@dataclass(frozen=True)
class Image:
    """A container image by its name in the cluster, and the file it is imported from."""

    reference: str
    archive: str

    @classmethod
    def of(cls, archive: Path) -> "Image":
        """By the name within the archive: the sources may have changed since it was built."""
        with tarfile.open(archive) as files:
            manifest = files.extractfile("manifest.json")
            if manifest is None:
                raise Refused(f"{archive} is no image archive")
            (image,) = json.load(manifest)
        return cls(image["RepoTags"][0], str(archive))


@dataclass(frozen=True)
class State:
    """Immutable: a change is written with `save(replace(state, ...))`."""

    checkout: str
    nodes: dict[str, int]  # name -> index
    uplink: int = -1
    holder: Holder | None = None
    binaries: str = ""  # the folder of the programs it was started with
    images: dict[str, Image] = field(default_factory=dict)
    loaded: tuple[str, ...] = ()  # archives that were loaded by hand

    @property
    def running(self) -> bool:
        return self.holder is not None and self.holder.alive

    @property
    def link(self) -> Uplink:
        return Uplink(self.uplink)

    def node(self, name: str) -> Node:
        if name not in self.nodes:
            raise Refused(f"there is no node {name}; there are {', '.join(self.nodes)}")
        return Node(name, self.nodes[name])

    @property
    def all_nodes(self) -> list[Node]:
        return [Node(name, index) for name, index in self.nodes.items()]

    def with_node(self, name: str) -> "State":
        """The same with one more node, on the first free place."""
        index = next(i for i in range(MOST_NODES + 1) if i not in self.nodes.values())
        return replace(self, nodes={**self.nodes, Node(name, index).name: index})

    def without_node(self, name: str) -> "State":
        if self.node(name).index == 0:
            raise Refused(f"{name} is the first node, the others lean on it")
        return replace(self, nodes={n: i for n, i in self.nodes.items() if n != name})


def load(layout: Layout) -> State | None:
    """None when there is no state, or none that this version wrote."""
    try:
        known = json.loads(layout.state.read_text())
        holder = known.pop("holder")
        known["loaded"] = tuple(known["loaded"])
        known["images"] = {name: Image(**image) for name, image in known["images"].items()}
        return State(holder=Holder(**holder) if holder else None, **known)
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
        return None


def save(layout: Layout, state: State) -> State:
    layout.home.mkdir(parents=True, exist_ok=True)
    draft = layout.state.with_suffix(".new")
    draft.write_text(json.dumps(asdict(state), indent=1))
    draft.replace(layout.state)
    return state


def fresh(nodes: Sequence[str] = DEFAULT_NODES) -> State:
    if len(set(nodes)) != len(nodes):
        raise Refused("two nodes have the same name")
    places = [Node(name, index) for index, name in enumerate(nodes)]
    return State(checkout=str(CHECKOUT), nodes={node.name: node.index for node in places})


def stopped(state: State) -> State:
    return replace(state, holder=None, uplink=-1, binaries="", images={}, loaded=())


def instances() -> list[tuple[Layout, State]]:
    """Every instance this user's cache knows of, of all checkouts."""
    found = []
    for file in sorted(devcluster_home().glob("*/state.json")):
        layout = Layout(file.parent.name, file.parent)
        state = load(layout)
        if state:
            found.append((layout, state))
    return found


def forget(layout: Layout) -> None:
    shutil.rmtree(layout.home, ignore_errors=True)
    layout.lock.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(file: Path, *, busy: str | None = None) -> Iterator[None]:
    """Hold an exclusive lock; with `busy`, refuse with these words instead of waiting."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (fcntl.LOCK_NB if busy else 0))
        except BlockingIOError:
            raise Refused(busy or "") from None
        yield


def _start_time(pid: int) -> str:
    # Fields 3 and 22; the command in parentheses before them may hold blanks.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    if fields[0] == "Z":
        raise ProcessLookupError(pid)
    return fields[19]


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
