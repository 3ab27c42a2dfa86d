"""Who is told, what they were told, and how that went; and what registries tell us."""

from webhooks.models.arrival import Arrival, ArrivalOutcome, Gathering, GatheringStatus, PinState
from webhooks.models.delivery import Delivery, DeliveryAttempt, DeliveryStatus
from webhooks.models.pace import Pace
from webhooks.models.registry_hook import HookRule, RegistryHook, RegistryKind
from webhooks.models.webhook import Language, Webhook, WebhookKind

__all__ = [
    "Arrival",
    "ArrivalOutcome",
    "Delivery",
    "DeliveryAttempt",
    "DeliveryStatus",
    "Gathering",
    "GatheringStatus",
    "HookRule",
    "Language",
    "Pace",
    "PinState",
    "RegistryHook",
    "RegistryKind",
    "Webhook",
    "WebhookKind",
]
