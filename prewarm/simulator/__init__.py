"""A simulated cluster: an HTTP server that speaks the part of the Kubernetes API that IPS uses.

It needs no Django and listens on the loopback only. The same contract tests (tests/contract) run against it and
against real API servers with real kubelets: what differs from those is a bug here.
"""
