"""References to secret values: the only form in which a secret may travel through a workflow."""

from workflows.model.base import Message


class SecretRef(Message):
    """One key of one Secret; read by `activities.vault` at the moment of use."""

    namespace: str
    name: str
    key: str = "password"
