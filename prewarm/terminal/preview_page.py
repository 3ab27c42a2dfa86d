"""A preview as `manage.py prewarm … --dry-run` prints it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prewarm.reasons import label_for
from prewarm.terminal.layout import Page
from prewarm.wording import counted, duration, nodes, size

Preview = Mapping[str, Any]
REGISTRY = {
    "found": "there",
    "missing": "MISSING",
    "unknown": "not known",
    "checking": "no answer yet",
    "off": "not asked",
}


def preview_page(found: Preview, width: int) -> str:
    page = Page(width)
    for sentence in _summary(found):
        page.text(sentence, 0, hang=2)
    page.heading("Images")
    rows = [_image(image) for image in found["images"]]
    page.table(("IMAGE", "REGISTRY", "SIZE", "WHAT IT SAYS"), rows, right=(2,), wrap=True)
    if found["skipped"]:
        page.heading("Skipped")
    for group in found["skipped"]:
        page.text(f"{nodes(group['nodes'])}: {label_for(group['reason'])}")
        page.text(group["hint"], 4)
    if found["waits"]:
        page.heading("It would wait")
    for wait in found["waits"]:
        page.text(wait["hint"], hang=2)
    if found["warnings"]:
        page.heading("Warnings")
    for warning in found["warnings"]:
        page.text(warning, hang=2)
    return "\n".join(page.lines)


def _summary(found: Preview) -> Iterator[str]:
    waves, estimate, warm = found["waves"], found["estimate"], found["warm"]
    first = f", a first wave of {nodes(waves['first_wave'])}" if waves["first_wave"] else ""
    batches = counted(waves["batches"], "batch", "batches")
    yield f"matches {found['matched']:,} of {nodes(found['total'])}, in {batches}{first}"
    not_known = f", of {nodes(warm['unknown'])} that is not known" if warm["unknown"] else ""
    verb = "has" if warm["nodes"] == 1 else "have"
    yield f"{nodes(warm['nodes'])} {verb} every image already{not_known}"
    load = f", {size(estimate['bytes'])} to load" if estimate["bytes"] is not None else ""
    yield f"takes {duration(estimate['seconds'])} by estimate, {nodes(estimate['nodes_at_once'])} at once{load}"
    yield f"would be stopped after {duration(found['timeout_seconds'])}"


def _image(image: Mapping[str, Any]) -> tuple[str, str, str, str]:
    told = image["message"] or ", ".join(image["platforms"])
    bytes_told = "" if image["bytes"] is None else size(image["bytes"])
    return image["image"], REGISTRY[image["registry"]], bytes_told, told
