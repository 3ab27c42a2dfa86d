"""A fleet of simulated kubelets on a real API server: thousands of nodes on the loopback, in one process.

    python -m tests.fleet --kubeconfig FILE --nodes 1000 --speed 0.2-0.8

The kubelets are those of the simulated cluster (prewarm/simulator), which contract tests hold to the real ones: the
same images fail in the same ways, with the same texts. What is new here is that pods come from a watch on a real API
server, and that statuses, events, leases and nodes are written to it. Nothing is pulled.
"""
