"""Rules for pg_hba.conf."""

from deploy.images.database.appliance import hba


def default(*, pam: bool = False, allow_plain: bool = False) -> list[str]:
    return hba.default_rules(
        replication_user="standby", people="zalandos", pam=pam, allow_plain=allow_plain
    )


def test_default_rules_end_with_passwords_over_tls_only() -> None:
    assert default()[-2:] == ["hostnossl all all all reject", "hostssl all all all md5"]


def test_default_rules_let_replicas_in_over_tls() -> None:
    assert "hostssl replication standby all md5" in default()


def test_default_rules_allow_plain_connections_when_asked() -> None:
    assert not any("reject" in rule for rule in default(allow_plain=True))


def test_people_go_through_pam_before_passwords() -> None:
    rules = default(pam=True)
    first_password = next(number for number, rule in enumerate(rules) if rule.endswith("md5"))
    assert rules.index("hostssl all +zalandos 127.0.0.1/32 pam") < first_password


def test_without_a_module_there_is_no_pam_rule() -> None:
    assert not any(rule.endswith("pam") for rule in default())


def test_a_list_that_locks_patroni_and_replicas_out_is_completed() -> None:
    rules = hba.completed(["hostssl all all 0.0.0.0/0 md5"], replication_user="standby")
    assert rules == [
        "local all all trust",
        "local replication standby trust",
        "hostssl replication standby all md5",
        "hostssl all all 0.0.0.0/0 md5",
    ]


def test_a_complete_list_is_left_alone() -> None:
    rules = ["local all all peer", "host all,replication all samenet scram-sha-256"]
    assert hba.completed(rules, replication_user="standby") == rules


def test_a_comment_is_no_rule() -> None:
    rules = hba.completed(["# local all all trust"], replication_user="standby")
    assert rules[0] == "local all all trust"


def test_pam_rules_are_left_out_for_a_server_without_pam() -> None:
    rules = ["hostssl all +people all pam", "hostssl all all all md5  # not pam"]
    assert hba.without_pam(rules) == rules[1:]
