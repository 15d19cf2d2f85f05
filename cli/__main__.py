"""`kubectl pg`: the program."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

import typer

from cli.api import Scope
from cli.commands import ask, logs, look, psql, steer
from cli.desk import Desk
from cli.errors import Complaint
from cli.screen import Screen
from cli.words import arrange

INTERRUPTED = 130
PANELS: Sequence[tuple[str, Mapping[str, Callable[..., None]]]] = (
    (
        "Look",
        {
            "list": look.list_clusters,
            "status": look.status,
            "plan": look.plan,
            "history": look.history,
            "logs": logs.logs,
        },
    ),
    (
        "Ask for an operation",
        {
            "switchover": ask.switchover,
            "restart": ask.restart,
            "reinitialise": ask.reinitialise,
            "rolling-update": ask.rolling_update,
        },
    ),
    (
        "Steer what runs or waits",
        {
            "approve": steer.approve,
            "pause": steer.pause,
            "resume": steer.resume,
            "abort": steer.abort,
            "rollback": steer.rollback,
        },
    ),
    ("Work", {"psql": psql.psql}),
)

Namespace = Annotated[str, typer.Option("--namespace", "-n", help="Else that of the context")]
Context = Annotated[str, typer.Option("--context", help="Context of the kubeconfig")]
Kubeconfig = Annotated[str, typer.Option("--kubeconfig", help="Else KUBECONFIG, as for kubectl")]


def program(screen: Screen, tail: Sequence[str]) -> typer.Typer:
    """All commands. Options about where may stand anywhere: `arrange` puts them first."""
    app = typer.Typer(
        help="Look at Postgres clusters and steer their operations, with kubectl's credentials.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def scope(
        context: typer.Context,
        namespace: Namespace = "",
        cluster: Context = "",
        kubeconfig: Kubeconfig = "",
    ) -> None:
        where = Scope(kubeconfig=kubeconfig, context=cluster, namespace=namespace)
        desk = Desk(where, screen=screen, tail=tail)
        context.obj = desk
        context.call_on_close(desk.close)

    for panel, commands in PANELS:
        for name, command in commands.items():
            app.command(name, rich_help_panel=panel)(command)
    return app


def run(words: Sequence[str], screen: Screen) -> int:
    """The exit code. Whatever goes wrong outside is one sentence on standard error."""
    own, tail = arrange(words)
    try:
        program(screen, tail)(own, prog_name="kubectl pg")
    except SystemExit as end:
        return int(end.code or 0)
    except Complaint as error:
        screen.note(str(error))
        return error.code
    except KeyboardInterrupt:
        screen.note("Stopped looking on; what was asked for goes on.")
        return INTERRUPTED
    return 0


def main() -> int:
    return run(sys.argv[1:], Screen())


if __name__ == "__main__":
    sys.exit(main())
