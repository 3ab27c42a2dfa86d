"""IPS's own kubeconfig: a token of its service account, with the rights that `cluster-setup` gives and no others."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.cluster.stage import Stage

PROJECT = Path(__file__).parents[2]

NAMESPACE, SERVICE_ACCOUNT = "ips", "ips"
SECONDS = 24 * 3600


def set_up(stage: Stage) -> None:
    """What an administrator does once per cluster: `manage.py cluster-setup --apply`, with the own kubeconfig."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {"IPS_CLUSTER": "kubeconfig", "IPS_KUBECONFIG": str(stage.cluster.kubeconfig), "IPS_VAR_DIR": folder}
        command = [sys.executable, str(PROJECT / "manage.py"), "cluster-setup", "--apply"]
        done = subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def kubeconfig_of_ips(stage: Stage) -> Path:
    """Ask the API server for a token (TokenRequest) and write the kubeconfig that bears it."""
    path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{SERVICE_ACCOUNT}/token"
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": SECONDS}}
    token = stage.cluster.kubectl.raw(path, request)["status"]["token"]
    return stage.cluster.certificates.kubeconfig("ips", {"token": token})
