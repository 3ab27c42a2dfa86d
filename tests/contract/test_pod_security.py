"""Pod Security in a namespace that enforces `restricted` (from Kubernetes 1.22 on)."""

from __future__ import annotations

from prewarm.manifests import PullJob, manifest
from tests.contract.pods import Pods, as_job, held
from tests.contract.server import Json, Server

VIOLATIONS = (
    'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "img0" must set '
    'securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "img0" must set '
    'securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "img0" must set '
    'securityContext.runAsNonRoot=true), seccompProfile (pod or container "img0" must set '
    'securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'
)


def careless(cluster: Server, node: str | None) -> Json:
    pod = held(cluster.small, node=node)
    del pod["spec"]["containers"][0]["securityContext"]
    return pod


def test_a_careless_pod_is_refused(cluster: Server, pods: Pods) -> None:
    pod = careless(cluster, "no-such-node")

    answer = cluster.http.post(pods.path, json=pod)

    if cluster.recent:
        assert (answer.status_code, answer.json()["reason"]) == (403, "Forbidden")
        assert answer.json()["message"] == f'pods "{pod["metadata"]["name"]}" is forbidden: {VIOLATIONS}'
    else:
        assert answer.status_code == 201


def test_a_careless_job_is_warned_and_never_gets_its_pod(cluster: Server, pods: Pods) -> None:
    job = as_job(careless(cluster, None), cluster.nodes[0])

    answer = cluster.http.post(pods.jobs, json=job)

    assert answer.status_code == 201
    if not cluster.recent:
        return
    assert answer.headers["Warning"].startswith('299 - "would violate PodSecurity \\"restricted:latest\\": ')
    told = pods.wait_event(answer.json(), "FailedCreate")
    assert told["message"].startswith(f'Error creating: pods "{job["metadata"]["name"]}-')
    assert told["message"].endswith(VIOLATIONS)
    assert pods.of_job(answer.json()) == []
    assert not pods.job_now(job)["status"].get("conditions")


def test_what_ips_sends_is_accepted(cluster: Server, pods: Pods) -> None:
    for helper in ("", cluster.helper):
        for via_job in (False, True):
            sent = manifest(pull_job(cluster, pods.namespace, helper, via_job))

            answer = cluster.http.post(pods.jobs if via_job else pods.path, json=sent)

            assert answer.status_code == 201, answer.text
            assert "Warning" not in answer.headers


def pull_job(cluster: Server, namespace: str, helper: str, via_job: bool) -> PullJob:
    return PullJob(
        name=f"ips-{'job' if via_job else 'pod'}-{'helper' if helper else 'held'}",
        installation="0f4c7a52-5a36-4a3e-8f3c-2b8a0e6d9a11",
        task="7f0a4d3e-3f43-4d87-a0a1-9d3f1f5a7c22",
        tenant="8d0f8a5e-0000-4000-8000-000000000003",
        batch=7,
        request_id="contract",
        namespace=namespace,
        service_account="default",
        priority_class="",
        node=cluster.nodes[0],
        node_taints=(),
        images=(cluster.small, cluster.big),
        pull_policy="IfNotPresent",
        pull_secrets=(),
        timeout_seconds=300,
        helper_image=helper,
        via_job=via_job,
    )
