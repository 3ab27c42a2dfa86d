"""The UI: every path that is no file and no other part's is the same page, and the browser finds the way."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

NOT_BUILT = "IPS runs, but its user interface is not built. Run: make setup. The API is at /api/v1/.\n"


@require_safe
@ensure_csrf_cookie
def ui(request: HttpRequest) -> HttpResponse:
    """index.html of the built UI, asked for anew each time: it names the hashed files that may be kept for ever."""
    try:
        page = (settings.UI_DIR / "index.html").read_bytes()
    except OSError:
        return HttpResponse(NOT_BUILT, status=503, content_type="text/plain; charset=utf-8")
    return HttpResponse(page, headers={"Cache-Control": "no-cache"})
