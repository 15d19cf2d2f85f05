"""How workflow code is run: in Temporal's sandbox, with the heavy and harmless modules shared.

Models are pure data; importing 80 of them anew for each run would cost 70 ms and 3 MB.
"""

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

RESTRICTIONS = SandboxRestrictions.default.with_passthrough_modules("workflows.model")


def runner() -> SandboxedWorkflowRunner:
    """The workflow runner of every worker, test and replay of this project."""
    return SandboxedWorkflowRunner(restrictions=RESTRICTIONS)
