"""The machine's package sources, in the form in which a build sees them."""

from tests.devcluster.imagebuild.machine import Mirrors


def test_sources_name_the_release_at_both_mirrors() -> None:
    text = Mirrors(archive="http://a.test/debian", security="http://s.test/sec").sources("trixie")
    assert [line for line in text.splitlines() if line.startswith(("URIs", "Suites"))] == [
        "URIs: http://a.test/debian",
        "Suites: trixie trixie-updates",
        "URIs: http://s.test/sec",
        "Suites: trixie-security",
    ]


def test_a_machine_without_a_security_mirror_has_one_source() -> None:
    assert Mirrors(archive="http://a.test/debian", security=None).sources("x").count("URIs") == 1
