from pathlib import Path

import pytest

from tests.devcluster import packages


def test_only_packages_of_missing_programs_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("ip", "mount"):
        (tmp_path / name).touch(mode=0o755)
    programs = {name: f"{name}-package" for name in ("ip", "mount", "gone")}
    monkeypatch.setattr(packages, "PROGRAMS", programs)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert packages.missing() == ["gone-package"]


def test_no_service_starts_while_installing_and_the_hosts_own_policy_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(packages, "POLICY", policy)
    with packages._no_services_started():
        assert "exit 101" in policy.read_text()
    assert not policy.exists()
    policy.write_text("of the host")
    with packages._no_services_started():
        assert policy.read_text() == "of the host"
    assert policy.read_text() == "of the host"
