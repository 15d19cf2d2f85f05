"""Arguments and options that several commands share."""

from enum import StrEnum
from typing import Annotated

import typer

ClusterName = Annotated[str, typer.Argument(metavar="CLUSTER", help="Name of the cluster")]
Timeout = Annotated[float, typer.Option(help="Seconds after which to stop looking on")]


class Output(StrEnum):
    """How to print: for people, or for programs."""

    TEXT = "text"
    JSON = "json"


Format = Annotated[Output, typer.Option("--output", "-o", help="How to print")]
