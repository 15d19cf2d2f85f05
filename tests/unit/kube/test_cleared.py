from activities.kube.cleared import Cleared
from tests.unit.kube.clusters import cluster, configuration
from workflows.model.postgresql import Postgresql

CONFIGURATION = configuration()


def edited(**metadata: object) -> Postgresql:
    given = cluster()
    return given.model_copy(update={"metadata": given.metadata.model_copy(update=metadata)})


def test_what_was_not_there_need_not_be_looked_for_again() -> None:
    cleared = Cleared()
    cleared.note("CronJob", cluster(), CONFIGURATION)
    assert cleared.knows("CronJob", cluster(), CONFIGURATION)
    assert not cleared.knows("Deployment", cluster(), CONFIGURATION)


def test_an_edit_an_annotation_or_another_configuration_ends_it() -> None:
    for changed in (edited(generation=2), edited(annotations={"a": "b"}), edited(uid="other")):
        cleared = Cleared()
        cleared.note("CronJob", cluster(), CONFIGURATION)
        assert not cleared.knows("CronJob", changed, CONFIGURATION)
    cleared.note("CronJob", cluster(), CONFIGURATION)
    assert not cleared.knows("CronJob", cluster(), configuration())


def test_going_back_does_not_bring_it_back() -> None:
    cleared = Cleared()
    cleared.note("CronJob", cluster(), CONFIGURATION)
    cleared.knows("CronJob", edited(generation=2), CONFIGURATION)
    assert not cleared.knows("CronJob", cluster(), CONFIGURATION)
