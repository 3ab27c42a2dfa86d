# One image for every process: web (the default command), workers, scheduler, watcher, migrations.
#   docker build --build-arg IPS_VERSION="$(git describe --tags --always)" -t ips .

FROM node:20-slim AS ui
WORKDIR /src/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY frontend/ ./
RUN npm run build

FROM python:3.11-slim AS packages
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev libmariadb-dev pkg-config \
    && rm -rf /var/lib/apt/lists/* && pip install --no-cache-dir uv
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --extra mysql --compile-bytecode

FROM python:3.11-slim
ARG IPS_VERSION=0.0.0
RUN apt-get update && apt-get install -y --no-install-recommends libmariadb3 \
    && rm -rf /var/lib/apt/lists/* && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin ips \
    && install -d -o 10001 -g 10001 -m 0700 /data
WORKDIR /app
COPY --from=packages /app/.venv .venv
COPY --from=ui /src/frontend/dist frontend/dist
COPY manage.py LICENSE ./
COPY ips ips
COPY accounts accounts
COPY prewarm prewarm
COPY webhooks webhooks
RUN .venv/bin/python -m compileall -q ips accounts prewarm webhooks

# The root file system may be read-only: only /data is written, and that only with SQLite. gunicorn's heartbeat
# goes to /dev/shm.
ENV PATH=/app:/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    IPS_VERSION=$IPS_VERSION \
    IPS_VAR_DIR=/data \
    IPS_WEB_ADDRESS=0.0.0.0:8000
USER 10001
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "--config", "python:ips.web_server", "ips.wsgi"]
