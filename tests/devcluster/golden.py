"""Images for the nodes: imported once into a golden containerd root, then cloned by hard links.

Blobs and committed snapshots never change, so nodes can share them; only the two small databases
are copied. A golden root is keyed by the set of its images. A new one grows from the one that has
most of them, so that a changed image costs its own import and no more.
"""

import hashlib
import json
import shutil
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.devcluster import outer
from tests.devcluster.layout import Layout, devcluster_home
from tests.devcluster.progress import Failed, call, until
from tests.devcluster.state import Image, State
from tests.devcluster.supervisor import Service, SupervisorClient

DATABASES = (
    "io.containerd.snapshotter.v1.overlayfs/metadata.db",
    "io.containerd.metadata.v1.bolt/meta.db",
)
KEPT = 3
SERVICE = "golden"

CONFIG = """\
version = 2
root = "{root}"
state = "/run/golden"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[grpc]
  address = "{socket}"
"""


def ensure(
    layout: Layout, known: State, images: Mapping[str, Image], *, say: Callable[[str], None]
) -> Path:
    """The golden root with exactly these images; the caller holds the lock."""
    wanted = {image.reference: Path(image.archive) for image in images.values()}
    key = hashlib.sha256("\n".join(sorted(wanted)).encode()).hexdigest()[:12]
    root = home() / key
    if not _contents(root):
        draft = home() / f"new-{layout.identity}"
        importer = _Importer(layout, known, draft)
        importer.end_predecessor()
        shutil.rmtree(draft, ignore_errors=True)
        base = _nearest(set(wanted))
        if base:
            clone(base, draft)
        else:
            draft.mkdir(parents=True)
        importer.run(wanted, have=_contents(base), say=say)
        (draft / "images.json").write_text(json.dumps(sorted(wanted)))
        draft.rename(root)
    (root / "images.json").touch()
    _forget_old()
    return root


def clone(root: Path, target: Path) -> None:
    """A containerd root of one's own, in a second and some megabytes."""
    draft = target.with_name(f"{target.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    # Not to go on when this program is killed: the next run would meet it in the same folder.
    mortal = ["setpriv", "--pdeathsig", "KILL"]
    call([*mortal, "cp", "--archive", "--link", root, draft], seconds=300)
    for name in DATABASES:
        call(["cp", "--remove-destination", root / name, draft / name])
    (draft / "images.json").unlink(missing_ok=True)
    draft.rename(target)


def home() -> Path:
    return devcluster_home() / "golden"


def lock() -> Path:
    return devcluster_home() / "golden.lock"


@dataclass(frozen=True)
class _Importer:
    """A containerd for the import alone, run by the instance's supervisor."""

    layout: Layout
    known: State
    root: Path

    @property
    def socket(self) -> Path:
        return self.layout.work / "golden.sock"

    @property
    def supervisor(self) -> SupervisorClient:
        return SupervisorClient(self.layout.socket)

    def end_predecessor(self) -> None:
        """One whose `up` was killed may still be at it."""
        self.supervisor.stop(SERVICE)
        self._until_ended()

    def run(
        self, wanted: Mapping[str, Path], *, have: set[str], say: Callable[[str], None]
    ) -> None:
        config = self.layout.work / "golden.toml"
        config.write_text(CONFIG.format(root=self.root, socket=self.socket))
        log = self.layout.log("golden")
        command = ("containerd", "--config", str(config))
        self.supervisor.start(Service(SERVICE, command, str(log), {"TMPDIR": "/run"}))
        until(self._answers, what="containerd for the images", seconds=30, log=log)
        for reference, archive in wanted.items():
            if reference not in have:
                say(f"importing {reference} ({archive.stat().st_size >> 20} MiB)")
                self._ctr("images", "import", str(archive))
        stale = sorted(have - set(wanted))
        if stale:
            self._ctr("images", "remove", "--sync", *stale)
        self._check(set(wanted))
        # Gracefully, unlike everything else here: its databases are what we are after.
        self.supervisor.stop(SERVICE, signal.SIGTERM)
        self._until_ended()

    def _until_ended(self) -> None:
        until(lambda: not self.supervisor.alive(SERVICE), what="containerd to stop", seconds=30)

    def _answers(self) -> bool:
        try:
            self._ctr("version")
        except Failed:
            return False
        return True

    def _check(self, wanted: set[str]) -> None:
        there = set(self._ctr("images", "list", "--quiet").split())
        if there != wanted:
            raise Failed(f"the image archives hold other names than asked for: {there ^ wanted}")

    def _ctr(self, *words: str) -> str:
        ctr = ["ctr", "--address", str(self.socket), "--namespace", "k8s.io", *words]
        return call([*outer.inside(self.known), *ctr], seconds=600)


def _contents(root: Path | None) -> set[str]:
    """The references in a finished golden root; empty when it is none."""
    if root is None:
        return set()
    try:
        return set(json.loads((root / "images.json").read_text()))
    except FileNotFoundError:
        return set()


def _finished() -> list[Path]:
    """Oldest use first."""
    files = home().glob("*/images.json")
    return [file.parent for file in sorted(files, key=lambda file: file.stat().st_mtime)]


def _nearest(wanted: set[str]) -> Path | None:
    """The one that has most of what is wanted; None when none has anything."""
    best = max(_finished(), key=lambda root: len(wanted & _contents(root)), default=None)
    return best if wanted & _contents(best) else None


def _forget_old() -> None:
    for root in _finished()[:-KEPT]:
        shutil.rmtree(root)
