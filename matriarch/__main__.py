"""`python -m matriarch operator|worker|watcher|crds`"""

import logging
import sys
from collections.abc import Sequence

from matriarch import lean, logs, settings
from matriarch.arguments import Command, parse
from workflows.model.errors import InvalidConfiguration

log = logging.getLogger("matriarch")


def main(words: Sequence[str] | None = None) -> int:
    """Run the command and return the exit code of the process."""
    arguments = parse(words)
    if arguments.command is Command.CRDS:
        from matriarch import crds  # the others need not load the generator first

        crds.write(arguments.folder, to=sys.stdout)
        return 0
    try:
        given = settings.read(arguments.flags)
    except InvalidConfiguration as error:
        logs.set_up(as_json=False)
        log.error("%s", error)
        return 2
    logs.set_up(as_json=given.json_logs)
    logs.forward_temporal_core()
    lean.load_kubernetes()
    from matriarch import program  # after logging is set up, as libraries log when loaded

    return program.run(given, arguments.command)


if __name__ == "__main__":
    sys.exit(main())
