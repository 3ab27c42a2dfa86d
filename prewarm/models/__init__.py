"""The rows of the product: what was asked for, what happened, and who holds what right now."""

from prewarm.models.asked_pairs import AskedPairs
from prewarm.models.batch import Batch, BatchStatus
from prewarm.models.duty import Duty
from prewarm.models.event import TaskEvent
from prewarm.models.image_list import ImageList
from prewarm.models.installation import Installation
from prewarm.models.limit import Limit, NodeSlot
from prewarm.models.node import Node, NodeView
from prewarm.models.node_result import ImageCount, Message, NodeAttempt, NodeResult, NodeStatus
from prewarm.models.pairs_of_day import PairsOfDay
from prewarm.models.policy import Policy, PolicyNode, PolicyState
from prewarm.models.registry_check import RegistryCheck
from prewarm.models.setting import Setting
from prewarm.models.tally import Tally
from prewarm.models.task import FINISHED, SPEC_VERSION, Puller, PullPolicy, Task, TaskStatus, Trigger

__all__ = [
    "FINISHED",
    "SPEC_VERSION",
    "AskedPairs",
    "Batch",
    "BatchStatus",
    "Duty",
    "ImageCount",
    "ImageList",
    "Installation",
    "Limit",
    "Message",
    "Node",
    "NodeAttempt",
    "NodeResult",
    "NodeSlot",
    "NodeStatus",
    "NodeView",
    "PairsOfDay",
    "Policy",
    "PolicyNode",
    "PolicyState",
    "PullPolicy",
    "Puller",
    "RegistryCheck",
    "Setting",
    "Tally",
    "Task",
    "TaskEvent",
    "TaskStatus",
    "Trigger",
]
