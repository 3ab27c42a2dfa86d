"""Workloads of every kind that nothing runs of: no replicas, no node that fits, suspended."""

from __future__ import annotations

from typing import Any

from tests.contract.server import Json, Server

LABELS = {"app": "shop"}


def template(*images: str, init: tuple[str, ...] = (), **spec: Any) -> Json:
    containers = [{"name": f"c{number}", "image": image} for number, image in enumerate(images)]
    more = [{"name": f"i{number}", "image": image} for number, image in enumerate(init)]
    return {"metadata": {"labels": LABELS}, "spec": {"containers": containers, "initContainers": more, **spec}}


def deployment(pod: Json) -> Json:
    return {"replicas": 0, "selector": {"matchLabels": LABELS}, "template": pod}


def stateful_set(pod: Json) -> Json:
    return {"replicas": 0, "serviceName": "shop", "selector": {"matchLabels": LABELS}, "template": pod}


def daemon_set(pod: Json) -> Json:
    spec = {**pod["spec"], "nodeSelector": {"no-such-label": "at-all"}}
    return {"selector": {"matchLabels": LABELS}, "template": {**pod, "spec": spec}}


def job(pod: Json) -> Json:
    return {"parallelism": 0, "template": {**pod, "spec": {**pod["spec"], "restartPolicy": "Never"}}}


def cron_job(pod: Json) -> Json:
    return {"schedule": "0 2 * * *", "suspend": True, "jobTemplate": {"spec": job(pod)}}


SPECS = {
    "Deployment": ("apps/v1", "deployments", deployment),
    "StatefulSet": ("apps/v1", "statefulsets", stateful_set),
    "DaemonSet": ("apps/v1", "daemonsets", daemon_set),
    "CronJob": ("batch/v1", "cronjobs", cron_job),
    "Job": ("batch/v1", "jobs", job),
}


def place(server: Server, kind: str, namespace: str) -> str:
    version, plural, _ = SPECS[kind]
    if kind == "CronJob" and not server.recent:
        version = "batch/v1beta1"
    return f"/apis/{version}/namespaces/{namespace}/{plural}"


def make(server: Server, namespace: str, kind: str, name: str, pod: Json, **labels: str) -> Json:
    _, _, spec_of = SPECS[kind]
    metadata = {"name": name, "labels": LABELS | labels}
    return server.post(place(server, kind, namespace), {"metadata": metadata, "spec": spec_of(pod)})
