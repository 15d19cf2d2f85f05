"""`python -m workflows.model.crds`: writes or compares the generated definitions."""

import argparse
import json
import sys
from pathlib import Path

from workflows.model import core
from workflows.model.crds import render


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m workflows.model.crds", description=__doc__)
    parser.add_argument("--write", metavar="FOLDER", type=Path, help="write the definitions there")
    parser.add_argument(
        "--core-from",
        metavar="FILE",
        type=Path,
        help="renew the schemas of Kubernetes' own types from its OpenAPI v3 document of `v1`",
    )
    chosen = parser.parse_args(arguments)
    if chosen.core_from:
        core.write(json.loads(chosen.core_from.read_text(encoding="utf-8")))
    if chosen.write:
        for name, content in render().items():
            (chosen.write / name).write_text(content, encoding="utf-8")
    if not (chosen.core_from or chosen.write):
        print("---\n".join(render().values()), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
