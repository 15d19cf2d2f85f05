"""Which logins are renewed when, and how: by a dated user who stands in for the role, or in place.

Pure. A rotation is decided from the role's Secret alone, which says who logs in now and when that
ends; so it is found due by whoever looks next, and what an interruption left is found as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from activities.postgres.passwords import Login, date_of, may_be_stood_in_for
from activities.postgres.prepared_roles import prepared_databases
from activities.postgres.role import LONGEST_NAME, Origin, Role
from workflows.model import names
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql


class Mode(StrEnum):
    """How a role's password is renewed."""

    USER = "user"
    IN_PLACE = "in place"


@dataclass(frozen=True)
class Renewal:
    """What a Secret is to say next. The server learns of it first."""

    login: Login
    user: str
    next_rotation: str
    deed: str
    """A participle, as in `given a new password`."""
    password: str = field(default="", repr=False)
    """Empty for a new one that nobody knows yet."""
    in_server: bool = True
    """Whether the server has to be told; else only the Secret is behind."""

    @property
    def subject(self) -> str:
        return f"role {self.login.role.name}"


def mode_of(role: Role, cluster: Postgresql, configuration: Configuration) -> Mode | None:
    """None for a role whose password stays. A system role is only ever renewed in place, because
    no stand-in has its attributes; an infrastructure role follows its source.
    """
    spec = cluster.spec
    if role.secret is None or role.origin is Origin.INFRASTRUCTURE:
        return None
    if role.name in spec.users_ignoring_secret_rotation or not _logs_in(role):
        return None
    if role.name in spec.users_with_in_place_secret_rotation:
        return Mode.IN_PLACE
    if role.name in spec.users_with_secret_rotation or _by_default(role, cluster, configuration):
        short = len(names.rotation_user(role.name, "YYMMDD")) <= LONGEST_NAME
        return Mode.USER if short and may_be_stood_in_for(role) else Mode.IN_PLACE
    return None


def _logs_in(role: Role) -> bool:
    return role.login or role.is_system


def _by_default(role: Role, cluster: Postgresql, configuration: Configuration) -> bool:
    owners = set(cluster.spec.databases.values())
    owners |= {database.owner for database in prepared_databases(cluster)}
    return (
        configuration.enable_password_rotation
        and role.origin in (Origin.MANIFEST, Origin.PREPARED)
        and role.name not in owners
    )


def plan(
    logins: Sequence[Login], cluster: Postgresql, configuration: Configuration, *, now: datetime
) -> list[Renewal]:
    """All that is due, one renewal per Secret at most."""
    interval = _interval(configuration)
    renewals = (
        _renewal(login, mode_of(login.role, cluster, configuration), interval, now)
        for login in logins
    )
    return [renewal for renewal in renewals if renewal is not None]


def _renewal(login: Login, mode: Mode | None, interval: timedelta, now: datetime) -> Renewal | None:
    role = login.role
    if role.password:
        return _followed(login)
    if mode is None:
        return None if login.user == role.name else _reset(login)
    due = _moment(login.next_rotation)
    latest = now + interval
    if due is not None and (due <= now or (mode is Mode.IN_PLACE and login.user != role.name)):
        return _rotated(login, mode, now=now, latest=latest)
    if due is None or due > latest:
        deed = f"scheduled for the rotation of its password on {latest:%Y-%m-%d}"
        return Renewal(
            login, login.user, _written(latest), deed, password=login.password, in_server=False
        )
    return None


def _rotated(login: Login, mode: Mode, *, now: datetime, latest: datetime) -> Renewal:
    name = login.role.name
    if mode is Mode.IN_PLACE:
        return Renewal(login, name, _written(latest), "given a new password")
    user = names.rotation_user(name, f"{now:%y%m%d}")
    return Renewal(login, user, _written(latest), f"replaced in its Secret by the new user {user}")


def _reset(login: Login) -> Renewal:
    deed = "given a new password and put back into its Secret, as rotation is off"
    return Renewal(login, login.role.name, "", deed)


def _followed(login: Login) -> Renewal | None:
    """A role whose password is decided elsewhere."""
    wanted = login.role.password
    if login.password == wanted:
        return None
    deed = "given the new password of its source in its Secret"
    return Renewal(
        login, login.role.name, login.next_rotation, deed, password=wanted, in_server=False
    )


def _interval(configuration: Configuration) -> timedelta:
    return timedelta(days=max(1, configuration.password_rotation_interval))


def _moment(written: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _written(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


# ----------------------------------------------------------------------------------- retention


def retired(
    login: Login,
    members: Sequence[str],
    configuration: Configuration,
    *,
    today: date,
) -> list[str]:
    """Those of the role's members that once stood in for it, so long ago that nobody uses them."""
    days = max(configuration.password_rotation_user_retention, 2 * _interval(configuration).days)
    oldest = today - timedelta(days=days)
    return [
        member
        for member in members
        if member != login.user and _is_before(date_of(member, login.role.name), oldest)
    ]


def _is_before(written: str | None, oldest: date) -> bool:
    try:
        return written is not None and datetime.strptime(written, "%y%m%d").date() < oldest
    except ValueError:
        return False


def keeps_stand_ins(login: Login, mode: Mode | None) -> bool:
    """Whether a role may have members of a former rotation at all."""
    return may_be_stood_in_for(login.role) and (mode is not None or login.was_rotated)
