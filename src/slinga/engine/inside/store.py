"""How many people stand where in a journey, read from the facts.

Always true: nothing here writes; a run that ended is nowhere; one that has not left its first node is at "".
"""

from slinga.runtime.db import Db, statements

S = statements(__file__)
KINDS = ("run_entered", "run_restarted", "step", "run_migrated", "run_ended")


def by_node(db: Db, journey: str, version: int) -> dict[str, int]:
    """People inside a journey's versions up to this one, by the node they stand at; "" is the first."""
    values = {"journey": journey, "version": version, "kinds": list(KINDS)}
    return dict(db.execute(S.by_node, values).fetchall())
