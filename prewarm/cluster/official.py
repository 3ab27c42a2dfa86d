"""The official client's configuration, credentials and transport, without its models.

`import kubernetes` loads some 700 model classes: 1.4 s of processor time and 93 MB in every process (measured with
36.0.3), of which IPS, which sends and reads plain dicts, uses none. Its modules for configuration and transport are
loaded by name instead (0.3 s, 26 MB): the packages around them get empty stand-ins that keep their search paths.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import types
from pathlib import Path
from typing import Any

from django.conf import settings

from prewarm.cluster.errors import NotConfigured

IN_CLUSTER_HOST = "KUBERNETES_SERVICE_HOST"


def _stand_in(name: str, path: Path) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__path__ = [str(path)]
    sys.modules[name] = module
    return module


def _load() -> tuple[Any, Any, Any, Any]:
    if "kubernetes" not in sys.modules:
        spec = importlib.util.find_spec("kubernetes")
        if spec is None or not spec.submodule_search_locations:
            raise NotConfigured("The package kubernetes is not installed. Run: uv sync.")
        root = Path(spec.submodule_search_locations[0])
        package = _stand_in("kubernetes", root)
        client = _stand_in("kubernetes.client", root / "client")
        models = _stand_in("kubernetes.client.models", root / "client" / "models")
        vars(package)["client"], vars(client)["models"] = client, models
        from kubernetes.client.api_client import ApiClient
        from kubernetes.client.configuration import Configuration

        vars(client).update(ApiClient=ApiClient, Configuration=Configuration)
    from kubernetes.client.api_client import ApiClient
    from kubernetes.client.configuration import Configuration
    from kubernetes.config import incluster_config, kube_config

    return ApiClient, Configuration, incluster_config, kube_config


def target() -> str:
    """Which kind of cluster the settings name: `simulated`, `kubeconfig` or `in-cluster`. Raises NotConfigured."""
    kind, inside = settings.CLUSTER, IN_CLUSTER_HOST in os.environ
    if kind == "auto":
        kind = "kubeconfig" if settings.KUBECONFIG else "in-cluster"
    if kind == "simulated" and inside:
        raise NotConfigured("IPS_CLUSTER=simulated is refused inside a real cluster. Remove it.")
    if kind == "in-cluster" and not inside:
        raise NotConfigured("No cluster is named. Set IPS_KUBECONFIG to a kubeconfig file, or run inside a cluster.")
    if kind != "in-cluster" and not settings.KUBECONFIG:
        raise NotConfigured(f"IPS_CLUSTER={kind} needs IPS_KUBECONFIG, the path of a kubeconfig file.")
    return str(kind)


def connect(connections: int) -> tuple[Any, str]:
    """An authenticated ApiClient for the configured cluster, and the server's address.

    `connections` is the size of its pool. The user's default kubeconfig is never read. Raises NotConfigured with one
    sentence when the configuration cannot be used.
    """
    kind = target()
    api_client, configuration_class, incluster_config, kube_config = _load()
    configuration = configuration_class()
    configuration.connection_pool_maxsize = connections
    try:
        if kind == "in-cluster":
            incluster_config.load_incluster_config(client_configuration=configuration)
        else:
            file = Path(settings.KUBECONFIG)
            if not file.is_file():
                raise NotConfigured(f"The kubeconfig {settings.KUBECONFIG} does not exist.")
            kube_config.load_kube_config(
                config_file=str(file), client_configuration=configuration, persist_config=False
            )
    except NotConfigured:
        raise
    except Exception as error:  # the loaders raise many kinds, all of which mean the same to the operator
        what = "in-cluster configuration" if kind == "in-cluster" else f"kubeconfig {settings.KUBECONFIG}"
        raise NotConfigured(f"The {what} cannot be used: {error}") from error
    return api_client(configuration), str(configuration.host)
