"""Every node type that ships: one file each. In: settings. Out: decisions. Always true: none imports another.

An extension adds its own types by passing them to `journeys.model.parse(document, extra=(...))`.
"""

from slinga.journeys.node import Node
from slinga.journeys.nodes.branch import Branch
from slinga.journeys.nodes.exit import Exit
from slinga.journeys.nodes.hand_over import HandOverNode
from slinga.journeys.nodes.score import ScoreNode
from slinga.journeys.nodes.send import Send
from slinga.journeys.nodes.set_stage import SetStageNode
from slinga.journeys.nodes.set_trait import SetTraitNode
from slinga.journeys.nodes.split import Split
from slinga.journeys.nodes.start_journey import StartJourneyNode
from slinga.journeys.nodes.stop_journey import StopJourneyNode
from slinga.journeys.nodes.tag import TagNode
from slinga.journeys.nodes.wait import Wait
from slinga.journeys.nodes.webhook import WebhookNode

NODES: tuple[type[Node], ...] = (
    Wait,
    Branch,
    Split,
    Send,
    SetTraitNode,
    TagNode,
    ScoreNode,
    SetStageNode,
    HandOverNode,
    WebhookNode,
    StartJourneyNode,
    StopJourneyNode,
    Exit,
)

__all__ = ["NODES"]
