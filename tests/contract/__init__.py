"""What IPS relies on about a Kubernetes cluster, said through plain HTTP.

The same tests run against the simulated cluster, against real API servers with the simulated kubelets of tests/fleet
and with real nodes (marker `cluster`), and against any other cluster that is named:

    IPS_CONTRACT_KUBECONFIG=… IPS_CONTRACT_REGISTRY=127.0.0.1:5000 pytest tests/contract -k named

Its registry holds a/big-5:1, a/big-50:1, a/evil:1 and ips/noop:1; it has two Ready nodes or more.
"""
