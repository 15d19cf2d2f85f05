"""Values of each format, for the model and for the API server alike: both must agree."""

from typing import Any

GOOD: list[tuple[str, Any]] = [
    *[("cpu", text) for text in ("100m", "1", "0.5", "1.125", "0")],
    *[("memory", text) for text in ("100Mi", "1Gi", "1G", "0.5Gi", "1073741824", "1e9")],
    *[("cron", text) for text in ("30 00 * * *", "*/5 * * * *", "0 0 1 */2 7", "0\t0 1 1 1")],
    *[
        ("window", text)
        for text in (
            "01:00-06:00",
            "Sat:02:00-04:30",
            "1:05-2:07",
            "Mon:9:00-9:00",
            "22:00-23:30",
            "00:00-23:59",
        )
    ],
    *[
        ("timestamp", text)
        for text in (
            "2024-03-05T07:08:09+02:00",
            "2024-03-05t07:08:60.123-23:59",
            "12024-12-31T23:59:59+00:00",
        )
    ],
    *[("cidr", text) for text in ("10.0.0.0/8", "0.0.0.0/0", "255.255.255.255/32", "::/0")],
    *[("cidr", text) for text in ("2001:db8::/32", "1:2:3:4:5:6:7:8/128", "fe80::1/64", "1::/1")],
    *[("uuid", text) for text in ("efd12e58-5786-11e8-b5a7-06148230260c", "EFD12E58" + "0" * 24)],
    *[("flag", text) for text in ("superuser", "NOSUPERUSER", "nobypassrls", "LOGIN")],
    *[("version", text) for text in ("14", "15", "16", "17", "18")],
    *[("iops", number) for number in (0, 80000)],
    *[("throughput", number) for number in (0, 2000)],
    *[("class", text) for text in ("fast", "9", "fast-1.example.org")],
    *[("poolers", number) for number in (1, 50)],
    *[("ttl", number) for number in (0, 2**32 - 1)],
    *[("fs_group", number) for number in (0, 2**40)],
]
BAD: list[tuple[str, Any]] = [
    *[("cpu", text) for text in ("", "100M", "1.1234", ".5", "-1", "1\n", "1 ", "0.5m")],
    *[("memory", text) for text in ("", "100k", "100m", "1.5", "1Gib", "Gi", "1 Gi", "1Gi\n")],
    *[
        ("cron", text)
        for text in ("@daily", "0 0 * * MON", "0,30 * * * *", "0 0-3 * * *", "0 0 * *")
    ],
    *[
        ("window", text)
        for text in (
            "24:00-01:00",
            "01:60-02:00",
            "sat:01:00-02:00",
            "Saturday:01:00-02:00",
            "Sat:01:00-Sun:02:00",
            "01:00",
            "01:00-02:00-03:00",
        )
    ],
    *[
        ("timestamp", text)
        for text in (
            "2024-03-05T07:08:09Z",
            "2024-03-05 07:08:09+02:00",
            "2024-03-05T07:08:09",
            "2024-13-05T07:08:09+00:00",
            "2024-03-05T24:08:09+00:00",
            "",
        )
    ],
    *[("cidr", text) for text in ("10.0.0.0", "10.0.0.0/33", "256.0.0.0/8", "010.0.0.0/8")],
    *[("cidr", text) for text in ("::1", "::/129", "1:2:3:4:5:6:7:8:9/64", "::1::/64")],
    *[("cidr", text) for text in ("::ffff:10.0.0.0/96", "fe80::1%eth0/64", "1:2:3:4:5:6:7/64")],
    *[("uuid", text) for text in ("", "efd12e58", "gfd12e58-5786-11e8-b5a7-06148230260c")],
    *[("flag", text) for text in ("SuperUser", "admin", "", "no superuser")],
    *[("version", text) for text in ("13", "19", "9.6", "")],
    *[("iops", number) for number in (80001, 2**31)],
    *[("throughput", number) for number in (2001,)],
    *[("class", text) for text in ("", "Fast", "-fast", "fast.", "a..b", "very fast", "fast\n")],
    *[("poolers", number) for number in (0, -1)],
    *[("ttl", number) for number in (-1, 2**32)],
    *[("fs_group", number) for number in (2**63,)],
]


def spec_with(kind: str, value: Any) -> dict[str, Any]:
    """A spec that holds the value in a field of this kind."""
    places: dict[str, dict[str, Any]] = {
        "cpu": {"resources": {"requests": {"cpu": value}}},
        "memory": {"volume": {"size": value}},
        "cron": {"logicalBackupSchedule": value},
        "window": {"maintenanceWindows": [value]},
        "timestamp": {"clone": {"cluster": "a", "timestamp": value}},
        "cidr": {"allowedSourceRanges": [value]},
        "uuid": {"clone": {"cluster": "a", "uid": value}},
        "flag": {"users": {"a": [value]}},
        "version": {"postgresql": {"version": value}},
        "iops": {"volume": {"size": "1Gi", "iops": value}},
        "throughput": {"volume": {"size": "1Gi", "throughput": value}},
        "class": {"volume": {"size": "1Gi", "attributesClass": value}},
        "poolers": {"connectionPooler": {"numberOfInstances": value}},
        "ttl": {"patroni": {"ttl": value}},
        "fs_group": {"spiloFSGroup": value},
    }
    return places[kind]
