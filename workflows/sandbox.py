"""How workflow code is run: in Temporal's sandbox, which lets each run import what is not shared.

A copy of `workflows` takes 270 KB and 16 ms for each workflow, so 270 MB for 1,000 clusters: the
program shares it. Tests don't, so that the sandbox refuses there whatever is not deterministic.
"""

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

_SHARED = SandboxRestrictions.default.with_passthrough_modules("workflows")
_STRICT = SandboxRestrictions.default.with_passthrough_modules("workflows.model")


def runner() -> SandboxedWorkflowRunner:
    """The workflow runner of every worker of the program."""
    return SandboxedWorkflowRunner(restrictions=_SHARED)


def strict_runner() -> SandboxedWorkflowRunner:
    """The one of tests and replays. Models are shared here too: they are nothing but data."""
    return SandboxedWorkflowRunner(restrictions=_STRICT)
