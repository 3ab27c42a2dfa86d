"""What registries say of the images of a preview; asked beside it, and never waited for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

from prewarm.references import parse
from prewarm.registries import kept
from prewarm.registries.checker import checker
from prewarm.registries.finding import CheckOutcome
from prewarm.registries.kept import Kept
from prewarm.wording import listed, nodes


class Images:
    """Asked when it is made; `told` is what is known by the time that it is asked for."""

    def __init__(self, images: Sequence[str], now: datetime) -> None:
        self.images = images
        self._references = [parse(image) for image in images]
        self._rows: dict[Any, Kept] = {}
        self._asked: set[Any] = set()
        if settings.REGISTRY_CHECK:
            self._rows = kept.read(self._references)
            self._asked = {one for one in self._references if one not in self._rows or not self._rows[one].good(now)}
            if self._asked:
                checker().ask({one: self._rows.get(one) for one in self._asked})

    def wait(self, seconds: float) -> None:
        """For whoever can: until all is answered, or for so long."""
        checker().wait(self._asked, seconds)

    def told(self) -> list[Kept | None]:
        """By image; None while it is being asked about. That it was found not long ago counts while it is."""
        answers = checker().answers(self._asked) if self._asked else {}
        old = {one: row for one, row in self._rows.items() if row.finding.outcome == CheckOutcome.FOUND}
        return [
            answers.get(one) or old.get(one) if one in self._asked else self._rows.get(one) for one in self._references
        ]

    def sizes(self, told: Sequence[Kept | None], platforms: Sequence[str]) -> dict[str, list[int | None]]:
        return {
            platform: [one.finding.size_for(platform) if one else None for one in told] for platform in {*platforms, ""}
        }


def lines(images: Sequence[str], told: Sequence[Kept | None], platforms: Counter[str]) -> list[dict[str, Any]]:
    """As the API tells it; `platforms` are of the matched nodes."""
    return [_line(image, one, platforms) for image, one in zip(images, told, strict=True)]


def _line(image: str, one: Kept | None, platforms: Counter[str]) -> dict[str, Any]:
    if one is None:
        state = "checking" if settings.REGISTRY_CHECK else "off"
        nothing: dict[str, Any] = {"reason": None, "message": "", "bytes": None, "platforms": [], "checked_at": None}
        return {"image": image, "registry": state, **nothing}
    found = one.finding
    commonest = next((platform for platform, _ in platforms.most_common(1)), "")
    state, reason, message = str(found.outcome), found.reason or None, found.message
    if platforms and not any(found.runs_on(platform) for platform in platforms):
        message = f"The registry has no variant for {listed(sorted(platforms))}, only for: {_have(found.platforms)}."
        state, reason = "missing", "wrong_platform"
    return {
        "image": image,
        "registry": state,
        "reason": reason,
        "message": message,
        "bytes": found.size_for(commonest),
        "platforms": list(found.platforms),
        "checked_at": one.checked_at,
    }


def warnings(entries: Sequence[dict[str, Any]], told: Sequence[Kept | None], platforms: Counter[str]) -> list[str]:
    """What follows from it for the task."""
    found = []
    if missing := [entry["image"] for entry in entries if entry["registry"] == "missing"]:
        verb, them = ("is", "it") if len(missing) == 1 else ("are", "them")
        found.append(f"{listed(missing)} surely {verb} not to be had: no pull is made for {them}.")
    for entry, one in zip(entries, told, strict=True):
        if one is None or entry["registry"] != "found":
            continue
        if without := sum(count for platform, count in platforms.items() if not one.finding.runs_on(platform)):
            found.append(f"{entry['image']} has no variant for {nodes(without)}: it would fail there.")
    if private := [entry["image"] for entry in entries if entry["reason"] == "unauthorized"]:
        found.append(
            f"{listed(private)} may need credentials: name pull_secrets; pods need their own pull secret even on a "
            "warm node."
        )
    return found


def _have(platforms: Sequence[str]) -> str:
    return ", ".join(platforms) or "none"
