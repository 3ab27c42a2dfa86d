"""A real Kubernetes on this machine: built, started and ended by one command, without a container engine."""
