"""Who is told, what they were told, and how that went."""

from webhooks.models.delivery import Delivery, DeliveryAttempt, DeliveryStatus
from webhooks.models.pace import Pace
from webhooks.models.webhook import Language, Webhook, WebhookKind

__all__ = ["Delivery", "DeliveryAttempt", "DeliveryStatus", "Language", "Pace", "Webhook", "WebhookKind"]
