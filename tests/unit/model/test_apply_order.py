from workflows.model.children import Group
from workflows.model.orders import ApplyOrder

REF = {"namespace": "shop", "name": "acid-a"}


def test_an_order_of_the_time_when_each_named_one_group_is_understood() -> None:
    order = ApplyOrder.model_validate({"ref": REF, "uid": "u", "group": "secrets"})
    assert order.groups == [Group.SECRETS]
