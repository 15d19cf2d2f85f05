"""`make pictures`: what people see during a real rolling update, written to docs/pictures.

Each picture is the output of real commands on the local platform. Temporal's Web UI is pictured
when a `chromium` is installed.
"""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from urllib.parse import quote

from rich.console import Console
from rich.text import Text

from tests.field import install
from tests.field.cluster import Cluster, manifest
from tests.field.kubectl import Kubectl
from tests.field.platform import ROOT, Platform
from tests.field.plugin import Plugin
from tests.field.temporal import Temporal
from tests.field.waiting import until

FOLDER = ROOT / "docs" / "pictures"
NAMESPACE, NAME = "shop", "acid-shop"
MORE = {"spec": {"resources": {"requests": {"cpu": "12m"}}}}
WIDTH, NARROWEST = 120, 80
"""Of the terminal; pictures are as wide as what they show."""
FONT = re.compile(r"@font-face \{.*?\}\s*", flags=re.S)
"""Loaded from elsewhere, which a picture should not do."""
BROWSER_SECONDS = 40


class Camera:
    """Takes pictures of commands and of pages."""

    def __init__(self, platform: Platform, kubectl: Kubectl, folder: Path) -> None:
        self._kubectl, self._ui = kubectl, platform.environment.get("TEMPORAL_UI", "")
        self._temporal = Temporal(platform.environment["TEMPORAL_ADDRESS"])
        self._environment = Plugin(kubectl, folder).environment | {
            "FORCE_COLOR": "1",
            "COLUMNS": str(WIDTH),
        }

    def shoot(self, name: str, *commands: str, title: str) -> None:
        """One picture of some commands with what they print."""
        seen = [Text.from_ansi(self.run(command)) for command in commands]
        width = max(len(line) for text in seen for line in text.plain.splitlines())
        console = Console(record=True, width=max(NARROWEST, width), file=StringIO())
        for command, printed in zip(commands, seen, strict=True):
            console.print(Text.assemble(("$ ", "green"), (command, "bold")))
            console.print(printed)
        drawn = console.export_svg(title=title, unique_id=name)
        (FOLDER / f"{name}.svg").write_text(FONT.sub("", drawn))
        print(f"{name}.svg")

    def run(self, command: str) -> str:
        done = subprocess.run(
            command.split(),
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        return done.stdout.rstrip() + "\n"

    def shoot_page(self, name: str, workflow: str, *, part: str, height: int = 900) -> None:
        """A page of Temporal's Web UI about a workflow."""
        browser = shutil.which("chromium")
        if browser is None or not self._ui:
            print(f"{name}.png left out: it needs Temporal's Web UI and a chromium (apt-get)")
            return
        run = self._temporal.run_id(workflow)
        page = f"{self._ui}/namespaces/default/workflows/{quote(workflow, safe='')}/{run}/{part}"
        with tempfile.TemporaryDirectory() as profile:
            words = [browser, "--headless", "--no-sandbox", "--hide-scrollbars", "--disable-gpu"]
            words += [f"--user-data-dir={profile}", f"--window-size=1400,{height}"]
            words += ["--virtual-time-budget=15000", f"--screenshot={FOLDER / name}.png", page]
            try:
                subprocess.run(words, capture_output=True, timeout=BROWSER_SECONDS, check=True)
            except subprocess.SubprocessError as error:
                print(f"{name}.png left out: {error}")
                return
        print(f"{name}.png")


def main() -> None:
    platform = Platform.local()
    started = platform.up()
    try:
        _shoot_all(platform)
    finally:
        if started:
            platform.down()


def _shoot_all(platform: Platform) -> None:
    install.operator(platform)
    kubectl = platform.kubectl.within(NAMESPACE)
    kubectl("create", "namespace", NAMESPACE)
    platform.kubectl("config", "set-context", "--current", f"--namespace={NAMESPACE}")
    try:
        with tempfile.TemporaryDirectory() as folder:
            kubectl.apply(manifest(NAME, instances=2))
            cluster = Cluster(kubectl, NAME)
            cluster.until_running()
            cluster.until_streaming(1)
            _roll(cluster, Camera(platform, kubectl, Path(folder)))
    finally:
        platform.kubectl("config", "set-context", "--current", "--namespace=default")
        kubectl.delete("postgresql", NAME)
        until("the cluster to go", lambda: not kubectl.list("postgresqls"), within=120)
        platform.kubectl.delete("namespace", NAMESPACE)


def _roll(cluster: Cluster, camera: Camera) -> None:
    """Before, in the middle of, and after a rolling update."""
    camera.shoot("plan", f"kubectl pg rolling-update {NAME} --dry-run", title="a plan")
    cluster.kubectl.patch("postgresql", NAME, MORE)
    workflow = until("the middle of it", lambda: _halfway(cluster), within=120, every=0.1)
    camera.shoot("status", f"kubectl pg status {NAME}", title="while it runs")
    camera.shoot("get", "kubectl get pg,pgop", title="with kubectl alone")
    words = [f"kubectl pg {word} {NAME}" for word in ("pause", "status")]
    camera.shoot("paused", *words, title="steering")
    camera.run(f"kubectl pg resume {NAME}")
    cluster.until_running()
    camera.shoot("history", "kubectl pg list", f"kubectl pg history {NAME}", title="afterwards")
    camera.shoot_page("temporal-steps", workflow, part="user-metadata")
    camera.shoot_page("temporal-timeline", workflow, part="timeline", height=1500)


def _halfway(cluster: Cluster) -> str:
    """Id of its workflow once a step or two are behind it."""
    found = cluster.kubectl.list("postgresoperations")
    statuses: Sequence[dict[str, object]] = [one.get("status") or {} for one in found]
    running = [one for one in statuses if one.get("phase") == "Running" and one.get("done")]
    rolling = [one for one in running if str(one["workflowId"]).endswith("rolling-update")]
    return str(rolling[0]["workflowId"]) if rolling else ""


if __name__ == "__main__":
    main()
