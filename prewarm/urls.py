"""Routes of the product, below /api/v1/."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from prewarm.views import NodeViewSet, TaskViewSet

router = SimpleRouter()
router.register("tasks", TaskViewSet, basename="task")
router.register("nodes", NodeViewSet, basename="node")

urlpatterns = router.urls
