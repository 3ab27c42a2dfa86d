"""Coverage as a picture for a page that nobody signs in to: the address is signed, and shows only a percentage."""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from urllib.parse import urlencode

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import Tenant
from prewarm.inventory.coverage import coverage
from prewarm.node_pools import pool_of

PATH = "/api/v1/coverage/badge/"
GOOD_SECONDS = 60
REMEMBERED = 1000
LABEL = "images warm"
GREEN, YELLOW, RED, GREY = "#2e7d32", "#b26a00", "#c62828", "#616161"
WELL, FAIRLY = 95, 80
LETTER = 7  # pixels, about


def signature(images: Sequence[str], selector: str, tenant: str) -> str:
    """An HMAC of all that the badge tells of, with a key made from IPS_SECRET_KEY."""
    told = json.dumps([tenant, selector, list(images)])
    return salted_hmac("prewarm.inventory.badge", told, algorithm="sha256").hexdigest()


def address(images: Sequence[str], selector: str, tenant: str) -> str:
    """Where the badge is; from IPS_PUBLIC_URL where that is known."""
    query = [("image", image) for image in images]
    query += [("selector", selector), ("tenant", tenant), ("sig", signature(images, selector, tenant))]
    return f"{settings.PUBLIC_URL}{PATH}?{urlencode(query)}"


def markdown(url: str) -> str:
    return f"![{LABEL}]({url})"


def badge(images: Sequence[str], selector: str, tenant: str, given: str) -> str | None:
    """The picture, at most a minute old; None where the signature is wrong, or the tenant is gone."""
    right = signature(images, selector, tenant)
    if not constant_time_compare(given.encode(), right.encode()):
        return None
    return _pictures.get(right) or _pictures.draw(right, images, selector, tenant)


class _Pictures:
    """The last ones by signature; one is drawn at a time, since nobody has to sign in to ask for them."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> str | None:
        drawn_at, picture = self._kept.get(key, (0.0, ""))
        return picture if picture and time.monotonic() - drawn_at < GOOD_SECONDS else None

    def draw(self, key: str, images: Sequence[str], selector: str, tenant: str) -> str | None:
        with self._lock:
            if known := self.get(key):
                return known
            team = Tenant.objects.filter(slug=tenant).first()
            if team is None:
                return None
            found = coverage(images, selector, pool_of(team))
            picture = drawn(found.percent if found.fresh and found.nodes else None)
            self._kept[key] = time.monotonic(), picture
            self._kept.move_to_end(key)
            while len(self._kept) > REMEMBERED:
                self._kept.popitem(last=False)
            return picture

    def forget(self) -> None:
        self._kept.clear()


_pictures = _Pictures()
forget = _pictures.forget


def drawn(percent: float | None) -> str:
    """A flat badge; "unknown" where there is nothing to tell a percentage of."""
    text = "unknown" if percent is None else f"{percent:g} %"
    colour = GREY if percent is None else GREEN if percent >= WELL else YELLOW if percent >= FAIRLY else RED
    left, right = len(LABEL) * LETTER + 10, len(text) * LETTER + 12
    width = left + right
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{LABEL}: {text}">'
        f"<title>{LABEL}: {text}</title>"
        f'<rect width="{width}" height="20" rx="3" fill="#424242"/>'
        f'<rect x="{left}" width="{right}" height="20" rx="3" fill="{colour}"/>'
        f'<rect x="{left}" width="4" height="20" fill="{colour}"/>'
        '<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="{left / 2:g}" y="14">{LABEL}</text><text x="{left + right / 2:g}" y="14">{text}</text></g></svg>'
    )
