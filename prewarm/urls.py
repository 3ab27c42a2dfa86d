"""Routes of the product, below /api/v1/."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from prewarm.image_list_views import ImageListViewSet
from prewarm.policies.views import PolicyViewSet
from prewarm.settings_views import SettingsView
from prewarm.views import NodeViewSet, TaskViewSet

router = SimpleRouter()
router.register("tasks", TaskViewSet, basename="task")
router.register("image-lists", ImageListViewSet, basename="image-list")
router.register("policies", PolicyViewSet, basename="policy")
router.register("nodes", NodeViewSet, basename="node")

urlpatterns = [
    path("settings/", SettingsView.as_view(), name="settings"),
    path("", include(router.urls)),
]
