"""Search attributes: what one may filter by in Temporal's list of workflows.

A namespace has room for ten keywords, so they are few: which cluster, which operation and where
it stands, which status word, whose.
"""

from temporalio.common import SearchAttributeKey

CLUSTER = SearchAttributeKey.for_keyword("PgCluster")
OPERATION = SearchAttributeKey.for_keyword("PgOperation")
STATUS = SearchAttributeKey.for_keyword("PgStatus")
PHASE = SearchAttributeKey.for_keyword("PgPhase")
TEAM = SearchAttributeKey.for_keyword("PgTeam")

ATTRIBUTES = (CLUSTER, OPERATION, STATUS, PHASE, TEAM)
