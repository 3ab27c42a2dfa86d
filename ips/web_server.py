"""gunicorn's settings: one process with threads, so that metrics are whole and memory is small. Scale by replicas."""

from __future__ import annotations

import os

from ips.logs import logging_settings

bind = os.environ.get("IPS_WEB_ADDRESS", "127.0.0.1:8000")
worker_class = "gthread"
workers = 1
threads = int(os.environ.get("IPS_WEB_THREADS", "8"))
keepalive = 75
graceful_timeout = 5
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
control_socket_disable = True
logconfig_dict = logging_settings(os.environ.get("IPS_LOG_FORMAT", "json"), os.environ.get("IPS_LOG_LEVEL", "INFO"))
