"""Routes of webhooks, below /api/v1/."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from webhooks.delivery_views import DeliveryViewSet
from webhooks.inbound.receive_view import HookView
from webhooks.inbound.views import RegistryHookViewSet
from webhooks.views import WebhookViewSet

router = SimpleRouter()
router.register("webhooks", WebhookViewSet, basename="webhook")
router.register("deliveries", DeliveryViewSet, basename="delivery")
router.register("registry-hooks", RegistryHookViewSet, basename="registry-hook")

urlpatterns = [
    path("hooks/<str:token>/", HookView.as_view(), name="hook-receive"),
    path("", include(router.urls)),
]
