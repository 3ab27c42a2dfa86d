"""gunicorn's settings: one process with threads, so that metrics are whole and memory is small. Scale by replicas."""

from __future__ import annotations

from pathlib import Path

from ips.environment import envint, envstr
from ips.logs import logging_settings

bind = [envstr("IPS_WEB_ADDRESS", "127.0.0.1:8000"), *filter(None, [envstr("IPS_METRICS_ADDRESS")])]
worker_class = "ips.slow_clients.ImpatientWorker"  # gunicorn's threads
workers = 1
threads = envint("IPS_WEB_THREADS", 8, at_least=1)
keepalive = 75
graceful_timeout = 5
# Where its heartbeat never waits for a disk, and a read-only root does not matter.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
control_socket_disable = True
logconfig_dict = logging_settings(envstr("IPS_LOG_FORMAT", "json"), envstr("IPS_LOG_LEVEL", "INFO"))
