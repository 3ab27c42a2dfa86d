"""Routes of webhooks, below /api/v1/."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from webhooks.delivery_views import DeliveryViewSet
from webhooks.views import WebhookViewSet

router = SimpleRouter()
router.register("webhooks", WebhookViewSet, basename="webhook")
router.register("deliveries", DeliveryViewSet, basename="delivery")

urlpatterns = router.urls
