"""On fake trees: what the files of both versions look like, without being root."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.devcluster import cgroups
from tests.devcluster.layout import Refused

GROUP = "matriarch/abc/system"


@pytest.fixture
def version1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("cpu,cpuacct", "cpuset", "memory"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "tasks").touch()
    (tmp_path / "cpu").symlink_to("cpu,cpuacct")
    (tmp_path / "unified").mkdir()
    (tmp_path / "cpuset" / "cpuset.cpus").write_text("0-1\n")
    (tmp_path / "cpuset" / "cpuset.mems").write_text("0\n")
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    return tmp_path


@pytest.fixture
def version2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu io memory pids\n")
    (tmp_path / "cgroup.subtree_control").write_text("")
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    return tmp_path


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes new folders come with files in them, as in the real trees."""
    mkdir = Path.mkdir

    def install(**files: str) -> None:
        def make(self: Path, *rest: object, exist_ok: bool = False) -> None:
            new = not self.exists()
            mkdir(self, exist_ok=exist_ok)
            for name, content in files.items() if new else ():
                (self / name.replace("__", ".")).write_text(content)

        monkeypatch.setattr(Path, "mkdir", make)

    return install


def test_version_1_has_a_group_in_every_hierarchy_and_none_through_a_link(version1: Path) -> None:
    assert [root.name for root in cgroups.hierarchies()] == ["cpu,cpuacct", "cpuset", "memory"]


def test_a_new_group_of_version_1_gets_processors_and_memory_from_its_parent(
    version1: Path, kernel: Callable[..., None]
) -> None:
    kernel(cpuset__cpus="", cpuset__mems="")
    cgroups.make(GROUP)
    cpuset = version1 / "cpuset" / GROUP
    assert (cpuset / "cpuset.cpus").read_text() == "0-1\n"
    assert (cpuset / "cpuset.mems").read_text() == "0\n"
    assert (version1 / "memory" / GROUP).is_dir()


def test_version_2_has_controllers_switched_on_above_the_group_but_not_in_it(
    version2: Path, kernel: Callable[..., None]
) -> None:
    everything = "cpuset cpu io memory pids"
    kernel(cgroup__controllers=everything, cgroup__subtree_control="")
    cgroups.make(GROUP)
    assert (version2 / "cgroup.subtree_control").read_text() != ""
    assert (version2 / "matriarch/abc/cgroup.subtree_control").read_text() != ""
    assert (version2 / GROUP / "cgroup.subtree_control").read_text() == ""


def test_version_2_without_the_controllers_is_refused_by_name(version2: Path) -> None:
    (version2 / "cgroup.controllers").write_text("pids\n")
    with pytest.raises(Refused, match="does not offer cpu, memory"):
        cgroups.make(GROUP)


@pytest.mark.usefixtures("version1")
def test_processes_are_found_in_the_group_and_below(version1: Path) -> None:
    for root in cgroups.hierarchies():
        below = root / "matriarch/abc/worker/kubepods"
        below.mkdir(parents=True)
        (below / "cgroup.procs").write_text("12\n7\n")
    (version1 / "memory/matriarch/abc/cgroup.procs").write_text("30\n")
    assert cgroups.processes("matriarch/abc") == [7, 12, 30]


def test_the_first_process_is_the_outermost_number_1_whatever_numbers_the_host_gives(
    version1: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = {9: "9 4 812", 40: "40 6 813 1", 30100: "30100 77 1", 30101: "30101 78 2"}
    monkeypatch.setattr(cgroups, "PROC", tmp_path / "proc")
    for pid, seen in numbers.items():
        (tmp_path / "proc" / str(pid)).mkdir(parents=True)
        (tmp_path / "proc" / str(pid) / "status").write_text(f"Name:\tx\nNSpid:\t{seen}\n")
    (version1 / "memory" / GROUP).mkdir(parents=True)
    procs = version1 / "memory" / GROUP / "cgroup.procs"
    procs.write_text("".join(f"{pid}\n" for pid in (*numbers, 31000)))
    assert cgroups.first_process(GROUP) == 30100
    procs.write_text("9\n30101\n31000\n")
    assert cgroups.first_process(GROUP) is None


def test_a_group_that_is_not_there_has_no_processes_and_is_cleared(version1: Path) -> None:
    cgroups.clear("matriarch/abc")
    assert cgroups.processes("matriarch/abc") == []


def test_clearing_removes_the_tree_and_its_empty_parent(version1: Path) -> None:
    for root in cgroups.hierarchies():
        (root / "matriarch/abc/worker/kubepods/pod1").mkdir(parents=True)
    cgroups.clear("matriarch/abc")
    assert not list(version1.glob("*/matriarch"))


def test_clearing_leaves_the_groups_of_another_instance(version1: Path) -> None:
    for root in cgroups.hierarchies():
        (root / "matriarch/abc/worker").mkdir(parents=True)
        (root / "matriarch/other").mkdir()
    cgroups.clear("matriarch/abc")
    assert [path.name for path in (version1 / "memory/matriarch").iterdir()] == ["other"]


def test_the_processor_time_is_read_from_either_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    (tmp_path / "cpuacct" / "g").mkdir(parents=True)
    (tmp_path / "cpuacct" / "g" / "cpuacct.usage").write_text("2500000000\n")
    assert cgroups.cpu_seconds("g") == 2.5
    (tmp_path / "cgroup.controllers").touch()
    (tmp_path / "g").mkdir()
    (tmp_path / "g" / "cpu.stat").write_text("usage_usec 1500000\nuser_usec 1\n")
    assert cgroups.cpu_seconds("g") == 1.5


def test_a_node_mounts_the_same_trees_again(version1: Path, tmp_path: Path) -> None:
    (version1 / "systemd").mkdir()
    (version1 / "systemd" / "tasks").touch()
    commands = cgroups.mount_again(Path("/sys/fs/cgroup"))
    mounts = [command[4] for command in commands if command[:3] == ["mount", "-t", "cgroup"]]
    assert mounts == ["cpu,cpuacct", "cpuset", "memory", "none,name=systemd"]


def test_a_node_on_version_2_mounts_the_one_tree(version2: Path) -> None:
    assert cgroups.mount_again(Path("/x")) == [["mount", "-t", "cgroup2", "cgroup2", "/x"]]


def test_a_process_joins_the_group_everywhere(version1: Path) -> None:
    for root in cgroups.hierarchies():
        (root / GROUP).mkdir(parents=True)
    cgroups.join(GROUP)
    joined = subprocess.run(
        ["cat", *(str(root / GROUP / "cgroup.procs") for root in cgroups.hierarchies())],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert joined.stdout == "000"
