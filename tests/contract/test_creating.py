"""Creating pods and Jobs: what is filled in, and what is refused."""

from __future__ import annotations

import pytest

from tests.contract.pods import Pods, as_job, held, helped
from tests.contract.server import Json, Server

NOWHERE = "no-such-node"  # where no kubelet picks the pod up


def waiting_pod(cluster: Server) -> Json:
    return held(cluster.small, node=NOWHERE)


def test_the_answer_is_the_whole_object(cluster: Server, pods: Pods) -> None:
    sent = waiting_pod(cluster)

    made = pods.create(sent)

    assert (made["kind"], made["apiVersion"]) == ("Pod", "v1")
    assert made["metadata"]["namespace"] == pods.namespace
    assert made["metadata"]["labels"] == sent["metadata"]["labels"]
    assert made["metadata"]["uid"] and made["metadata"]["creationTimestamp"]
    assert int(made["metadata"]["resourceVersion"]) > 0
    assert made["status"] == {"phase": "Pending", "qosClass": "Burstable"}
    assert made["spec"]["nodeName"] == NOWHERE
    assert made["spec"]["serviceAccountName"] == "default"
    assert made["spec"]["schedulerName"] == "default-scheduler"


def test_five_minutes_of_absence_are_tolerated_unless_said_otherwise(cluster: Server, pods: Pods) -> None:
    made = pods.create(waiting_pod(cluster))

    absence = [one for one in made["spec"]["tolerations"] if one.get("effect") == "NoExecute"]
    assert {one["key"] for one in absence} == {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}
    assert {one["tolerationSeconds"] for one in absence} == {300}


def test_a_name_can_be_taken_once(cluster: Server, pods: Pods) -> None:
    sent = waiting_pod(cluster)
    pods.create(sent)

    status = cluster.refused(pods.path, sent)

    name = sent["metadata"]["name"]
    assert (status["code"], status["reason"]) == (409, "AlreadyExists")
    assert status["message"] == f'pods "{name}" already exists'
    assert status["details"] == {"name": name, "kind": "pods"}


def test_a_jobs_name_can_be_taken_once(cluster: Server, pods: Pods) -> None:
    job = as_job(held(cluster.small), NOWHERE)
    pods.create_job(job)

    status = cluster.refused(pods.jobs, job)

    name = job["metadata"]["name"]
    assert (status["code"], status["reason"]) == (409, "AlreadyExists")
    assert status["message"] == f'jobs.batch "{name}" already exists'
    assert status["details"] == {"name": name, "group": "batch", "kind": "jobs"}


def test_a_name_can_be_generated(cluster: Server, pods: Pods) -> None:
    pod = waiting_pod(cluster)
    pod["metadata"] = {"generateName": "some-"}

    made = pods.create(pod)

    assert made["metadata"]["name"].startswith("some-")
    assert len(made["metadata"]["name"]) == len("some-") + 5


def test_a_namespace_must_exist(cluster: Server) -> None:
    status = cluster.refused("/api/v1/namespaces/no-such-namespace/pods", waiting_pod(cluster))

    assert (status["code"], status["reason"]) == (404, "NotFound")
    assert status["message"] == 'namespaces "no-such-namespace" not found'


def test_a_namespace_must_be_that_of_the_path(cluster: Server, pods: Pods) -> None:
    pod = waiting_pod(cluster)
    pod["metadata"]["namespace"] = "default"

    status = cluster.refused(pods.path, pod)

    assert (status["code"], status["reason"]) == (400, "BadRequest")
    assert status["message"] == "the namespace of the provided object does not match the namespace sent on the request"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Upper_Case", "a lowercase RFC 1123 subdomain must consist of"),
        ("x" * 254, "must be no more than 253 "),
        ("", "name or generateName is required"),
    ],
)
def test_a_pods_name_must_be_valid(cluster: Server, pods: Pods, name: str, why: str) -> None:
    pod = waiting_pod(cluster)
    pod["metadata"] = {"name": name}

    status = cluster.refused(pods.path, pod)

    assert (status["code"], status["reason"]) == (422, "Invalid")
    assert status["message"].startswith(f'Pod "{name}" is invalid: metadata.name: ')
    assert why in status["message"]
    assert [cause["field"] for cause in status["details"]["causes"]] == ["metadata.name"]


def test_a_jobs_name_must_fit_into_a_label(cluster: Server, pods: Pods) -> None:
    job = as_job(held(cluster.small), NOWHERE)
    job["metadata"]["name"] = "x" * 64

    status = cluster.refused(pods.jobs, job)

    assert (status["code"], status["reason"]) == (422, "Invalid")
    assert "must be no more than 63 " in status["message"]
    assert status["details"]["kind"] == "Job"


def test_labels_must_be_valid(cluster: Server, pods: Pods) -> None:
    pod = waiting_pod(cluster)
    pod["metadata"]["labels"] = {"a b": "x", "long": "y" * 64, "value": "a b"}

    status = cluster.refused(pods.path, pod)

    assert (status["code"], status["reason"]) == (422, "Invalid")
    assert {cause["field"] for cause in status["details"]["causes"]} == {"metadata.labels"}
    assert {cause["reason"] for cause in status["details"]["causes"]} == {"FieldValueInvalid"}
    assert len(status["details"]["causes"]) == 3


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"containers": []}, "spec.containers", "FieldValueRequired"),
        ({"activeDeadlineSeconds": 0}, "spec.activeDeadlineSeconds", "FieldValueInvalid"),
    ],
)
def test_a_spec_must_be_valid(cluster: Server, pods: Pods, change: Json, field: str, reason: str) -> None:
    pod = waiting_pod(cluster)
    pod["spec"] |= change

    status = cluster.refused(pods.path, pod)

    assert (status["code"], status["reason"]) == (422, "Invalid")
    assert [(cause["field"], cause["reason"]) for cause in status["details"]["causes"]] == [(field, reason)]


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"name": "img0"}, "spec.containers[1].name", "FieldValueDuplicate"),
        ({"image": ""}, "spec.containers[1].image", "FieldValueRequired"),
        ({"imagePullPolicy": "Sometimes"}, "spec.containers[1].imagePullPolicy", "FieldValueNotSupported"),
    ],
)
def test_a_container_must_be_valid(cluster: Server, pods: Pods, change: Json, field: str, reason: str) -> None:
    pod = held(cluster.small, cluster.big, node=NOWHERE)
    pod["spec"]["containers"][1] |= change

    status = cluster.refused(pods.path, pod)

    assert (status["code"], status["reason"]) == (422, "Invalid")
    assert [(cause["field"], cause["reason"]) for cause in status["details"]["causes"]] == [(field, reason)]


def test_a_job_may_not_restart_for_ever(cluster: Server, pods: Pods) -> None:
    job = as_job(held(cluster.small, restartPolicy="Always"), NOWHERE)

    status = cluster.refused(pods.jobs, job)

    assert (status["code"], status["reason"]) == (422, "Invalid")
    assert [cause["field"] for cause in status["details"]["causes"]] == ["spec.template.spec.restartPolicy"]


def test_a_service_account_must_exist(cluster: Server, pods: Pods) -> None:
    pod = held(cluster.small, node=NOWHERE, serviceAccountName="ghost")

    status = cluster.refused(pods.path, pod)

    name = pod["metadata"]["name"]
    lookup = f'error looking up service account {pods.namespace}/ghost: serviceaccount "ghost" not found'
    assert (status["code"], status["reason"]) == (403, "Forbidden")
    assert status["message"] == f'pods "{name}" is forbidden: {lookup}'


def test_a_priority_class_must_exist(cluster: Server, pods: Pods) -> None:
    status = cluster.refused(pods.path, held(cluster.small, node=NOWHERE, priorityClassName="ghost"))

    assert (status["code"], status["reason"]) == (403, "Forbidden")
    assert status["message"].endswith("is forbidden: no PriorityClass with name ghost was found")


def test_another_kind_is_refused(cluster: Server, pods: Pods) -> None:
    status = cluster.refused(pods.path, {"kind": "Job", "apiVersion": "batch/v1", "metadata": {"name": "a"}})

    assert (status["code"], status["reason"]) == (400, "BadRequest")
    assert "Job in version" in status["message"]


def test_a_job_gets_a_selector_by_its_own_uid(cluster: Server, pods: Pods) -> None:
    made = pods.create_job(as_job(helped(cluster.helper, cluster.small), NOWHERE))

    uid = made["metadata"]["uid"]
    labels = made["spec"]["template"]["metadata"]["labels"]
    assert labels["controller-uid"] == uid
    assert labels["job-name"] == made["metadata"]["name"]
    assert uid in made["spec"]["selector"]["matchLabels"].values()
    assert made["status"] == {}


def test_what_does_not_exist_is_not_found(cluster: Server, pods: Pods) -> None:
    answer = cluster.http.get(f"{pods.path}/nothing")

    status = answer.json()
    assert answer.status_code == status["code"] == 404
    assert (status["reason"], status["message"]) == ("NotFound", 'pods "nothing" not found')
    assert status["details"] == {"name": "nothing", "kind": "pods"}


def test_an_unknown_kind_is_not_found(cluster: Server, pods: Pods) -> None:
    answer = cluster.http.get(f"/api/v1/namespaces/{pods.namespace}/wonders")

    assert answer.status_code == 404
    assert answer.json()["message"] == "the server could not find the requested resource"


def test_a_dry_run_makes_nothing(cluster: Server, pods: Pods) -> None:
    pod = waiting_pod(cluster)

    answer = cluster.http.post(pods.path, json=pod, params={"dryRun": "All"})

    assert answer.status_code == 201
    assert not pods.exists(pod)
