"""IPS's own kubeconfig: a token of its service account, with the rights that `cluster-setup` gives and no others."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.cluster.machine.plane import ControlPlane

PROJECT = Path(__file__).parents[2]

NAMESPACE, SERVICE_ACCOUNT = "ips", "ips"
SECONDS = 24 * 3600


def set_up(plane: ControlPlane) -> None:
    """What an administrator does once per cluster: `manage.py cluster-setup --apply`, as an administrator of it."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {"IPS_CLUSTER": "kubeconfig", "IPS_KUBECONFIG": str(plane.kubeconfig), "IPS_VAR_DIR": folder}
        command = [sys.executable, str(PROJECT / "manage.py"), "cluster-setup", "--apply"]
        done = subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def kubeconfig_of_ips(plane: ControlPlane) -> Path:
    """Ask the API server for a token (TokenRequest) and write the kubeconfig that bears it."""
    path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{SERVICE_ACCOUNT}/token"
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": SECONDS}}
    token = plane.kubectl.raw(path, request)["status"]["token"]
    return plane.certificates.kubeconfig("ips", {"token": token})
