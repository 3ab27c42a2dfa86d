"""What IPS relies on about a Kubernetes cluster, said through plain HTTP.

The same tests run against the simulated cluster (both versions, always) and against any real one:

    IPS_CONTRACT_KUBECONFIG=… IPS_CONTRACT_REGISTRY=127.0.0.1:17055 pytest tests/contract -k real

The registry holds a/big-5:1, a/big-50:1, a/evil:1 and ips/noop:1; the cluster has two Ready nodes or more.
"""
