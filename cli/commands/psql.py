"""`kubectl pg psql`: a session in the pod that is right for it."""

import os
import shutil
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from cli import pods
from cli.api import Scope
from cli.commands.options import ClusterName
from cli.desk import desk
from cli.errors import Complaint
from workflows.model.names import POSTGRES_CONTAINER

User = Annotated[str, typer.Option("--user", "-U", help="Role to log in as")]
Replica = Annotated[bool, typer.Option("--replica", help="On a replica, to read only")]
Database = Annotated[str, typer.Argument(metavar="[DATABASE]", help="Database to connect to")]


def psql(
    context: typer.Context,
    cluster: ClusterName,
    database: Database = "postgres",
    user: User = "postgres",
    replica: Replica = False,
) -> None:
    """psql on the primary, through its pod; words behind -- go to psql.

    It connects by the socket inside the pod, so no password is needed, and none is sent.
    """
    at = desk(context)
    pod = pods.serving(pods.of_cluster(at.api, cluster), cluster, replica=replica)
    program = shutil.which("kubectl")
    if program is None:
        raise Complaint("kubectl is not on PATH: the session runs through it.")
    where = at.scope_with_namespace
    words = command(where, pod.name, user=user, database=database, more=at.tail, tty=_is_tty())
    sys.stdout.flush()
    os.execv(program, words)


def command(
    scope: Scope, pod: str, *, user: str, database: str, more: Sequence[str], tty: bool
) -> list[str]:
    """What kubectl is called with. It hands the terminal over, its size included."""
    where = [f"--namespace={scope.namespace}"]
    where += [f"--context={scope.context}"] if scope.context else []
    where += [f"--kubeconfig={scope.kubeconfig}"] if scope.kubeconfig else []
    called = ["psql", f"--username={user}", f"--dbname={database}", *more]
    terminal = ["--stdin", "--tty"] if tty else ["--stdin"]
    container = f"--container={POSTGRES_CONTAINER}"
    return ["kubectl", *where, "exec", *terminal, container, pod, "--", *called]


def _is_tty() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()
