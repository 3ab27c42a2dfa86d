"""What a browser may do with our answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from django.http import HttpRequest, HttpResponse

from ips.inline_styles import inline_style_hashes

DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


@cache
def page_policy() -> str:
    """Scripts, styles and pictures of our own, nothing inline, no frame around us. Style attributes are not applied."""
    styles = " ".join(["'self'", *inline_style_hashes()])
    return (
        "default-src 'none'; script-src 'self'; "
        f"style-src {styles}; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'; object-src 'none'"
    )


class SecurityHeadersMiddleware:
    """Content security policy, isolation from other origins, and no caching of what the API says.

    The first of all that answer, so that no answer of another one goes without.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_page = not request.path.startswith("/api/") or response.get("Content-Type", "").startswith("text/html")
        response.setdefault("Content-Security-Policy", page_policy() if is_page else DATA_POLICY)
        response.setdefault("X-Content-Type-Options", "nosniff")
        response.setdefault("X-Frame-Options", "DENY")
        response.setdefault("Referrer-Policy", "same-origin")
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        if request.path.startswith("/api/"):
            # An ETag still saves the transfer: no-cache means ask first. no-store keeps it off the disk.
            response.setdefault("Cache-Control", "no-store")
        return response
