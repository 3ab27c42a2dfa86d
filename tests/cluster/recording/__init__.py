"""Records how real kubelets tell what can happen to a pull: `python -m tests.cluster.record 1.36`."""
