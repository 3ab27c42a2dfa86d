"""A Job's spec: what the API server fills in, and what it refuses (pkg/apis/batch, pkg/registry/batch/job)."""

from __future__ import annotations

from typing import Any

from prewarm.simulator import podspec
from prewarm.simulator.names import check_labels
from prewarm.simulator.refusals import Causes
from prewarm.simulator.release import Release

Json = dict[str, Any]


def with_defaults(body: Json, uid: str, release: Release) -> Json:
    """The Job with its selector and the labels of its pods; the selector carries the Job's own uid."""
    spec: Json = {"parallelism": 1, "completions": 1, "backoffLimit": 6} | dict(body.get("spec") or {})
    if release.recent:
        spec = {"completionMode": "NonIndexed", "suspend": False, "podReplacementPolicy": "TerminatingOrFailed"} | spec
        spec["manualSelector"] = False
    template = spec.get("template") or {}
    metadata = dict(template.get("metadata") or {})
    name = body["metadata"]["name"]
    labels = {"controller-uid": uid, "job-name": name}
    selector = "controller-uid"
    if release.recent:
        labels |= {f"batch.kubernetes.io/{key}": value for key, value in labels.items()}
        selector = "batch.kubernetes.io/controller-uid"
    metadata["labels"] = {**(metadata.get("labels") or {}), **labels}
    spec["selector"] = {"matchLabels": {selector: uid}}
    spec["template"] = {"metadata": metadata, "spec": podspec.with_defaults(template.get("spec") or {})}
    generation = {"generation": 1} if release.recent else {}
    return {"metadata": {**generation, **body["metadata"], "uid": uid}, "spec": spec, "status": {}}


def check(causes: Causes, body: Json, release: Release) -> None:
    """Collect what is wrong with a Job's spec."""
    spec = body["spec"]
    for key in ("parallelism", "completions", "backoffLimit"):
        if spec[key] < 0:
            causes.invalid(f"spec.{key}", spec[key], "must be greater than or equal to 0")
    template = spec["template"]
    check_labels(causes, "spec.template.labels", template["metadata"]["labels"], release)
    if template["spec"]["restartPolicy"] not in ("OnFailure", "Never"):
        causes.required("spec.template.spec.restartPolicy", 'valid values: "OnFailure", "Never"')
    podspec.check(causes, template["spec"], release, "spec.template.spec")
