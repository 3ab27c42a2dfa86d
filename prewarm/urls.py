"""Routes of the product, below /api/v1/."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from prewarm.image_list_views import ImageListViewSet
from prewarm.inventory_views import BadgeView, CoverageView, InventoryViewSet
from prewarm.node_views import NodeViewSet
from prewarm.policies.views import PolicyViewSet
from prewarm.schedules.views import ScheduleViewSet
from prewarm.settings_views import SettingsView
from prewarm.views import TaskViewSet

router = SimpleRouter()
router.register("tasks", TaskViewSet, basename="task")
router.register("image-lists", ImageListViewSet, basename="image-list")
router.register("schedules", ScheduleViewSet, basename="schedule")
router.register("policies", PolicyViewSet, basename="policy")
router.register("nodes", NodeViewSet, basename="node")
router.register("images", InventoryViewSet, basename="inventory")

urlpatterns = [
    path("settings/", SettingsView.as_view(), name="settings"),
    path("coverage/", CoverageView.as_view(), name="coverage"),
    path("coverage/badge/", BadgeView.as_view(), name="coverage-badge"),
    path("", include(router.urls)),
]
