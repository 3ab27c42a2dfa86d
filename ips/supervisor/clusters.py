"""Which cluster this start is for. The user's default kubeconfig is never used silently."""

from __future__ import annotations

import os
from pathlib import Path

from ips.supervisor.instance import Instance
from ips.supervisor.refusal import Refusal

TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


def choose_cluster(instance: Instance, kubeconfig: str | None) -> dict[str, str]:
    """IPS_CLUSTER and IPS_KUBECONFIG of this start.

    1. A kubeconfig that was named: `--kubeconfig`, else IPS_KUBECONFIG.
    2. Inside a cluster, that cluster.
    3. Otherwise the simulated one.
    """
    wanted = instance.given.get("IPS_CLUSTER", "auto")
    if kubeconfig == "":
        raise Refusal("KUBECONFIG is empty. Run: make run KUBECONFIG=/path/to/kubeconfig")
    named = kubeconfig or ("" if wanted == "simulated" else instance.given.get("IPS_KUBECONFIG", ""))
    if named:
        return _real(named)
    if wanted == "in-cluster" or (wanted == "auto" and "KUBERNETES_SERVICE_HOST" in os.environ and TOKEN.is_file()):
        return {"IPS_CLUSTER": "in-cluster", "IPS_KUBECONFIG": ""}
    if wanted == "kubeconfig":
        raise Refusal("IPS_CLUSTER=kubeconfig names no file. Run: make run KUBECONFIG=/path/to/kubeconfig")
    return {"IPS_CLUSTER": "simulated", "IPS_KUBECONFIG": str(instance.directory / "simulated.kubeconfig")}


def _real(kubeconfig: str) -> dict[str, str]:
    file = Path(kubeconfig).expanduser().absolute()
    try:
        text = file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise Refusal(f"The kubeconfig {file} cannot be read: {reason}.") from None
    if "clusters:" not in text and '"clusters"' not in text:
        raise Refusal(f"The file {file} is no kubeconfig: it names no clusters.")
    return {"IPS_CLUSTER": "kubeconfig", "IPS_KUBECONFIG": str(file)}
