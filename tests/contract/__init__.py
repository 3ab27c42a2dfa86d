"""What IPS relies on about a Kubernetes cluster, said through plain HTTP.

The same tests run against the simulated cluster, against real clusters that tests/cluster starts (marker `cluster`),
and against any other one that is named:

    IPS_CONTRACT_KUBECONFIG=… IPS_CONTRACT_REGISTRY=127.0.0.1:5000 pytest tests/contract -k named

Its registry holds a/big-5:1, a/big-50:1, a/evil:1 and ips/noop:1; it has two Ready nodes or more.
"""
