"""All routes. The last one is the UI's; it takes no path of the others."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from ips.health import healthz, readyz, show_version
from ips.metrics import metrics
from ips.pages import ui

handler400 = "ips.error_pages.bad_request"
handler403 = "ips.error_pages.forbidden"
handler404 = "ips.error_pages.not_found"
handler500 = "ips.error_pages.server_error"

admin.autodiscover()

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("version", show_version, name="version"),
    path("metrics", metrics, name="metrics"),
    path("api/v1/", include("accounts.urls")),
    path("api/v1/", include("prewarm.urls")),
    path("api/v1/", include("webhooks.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("admin/", admin.site.urls),
    re_path(r"^(?!(?:api|admin|assets|static)(?:/|$)).*$", ui, name="ui"),
]
