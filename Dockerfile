# The exporter and its commands. Nothing is built in what runs: the first stage has the compiler's
# place and the package manager, the second only what they installed.
FROM python:3.13.5-slim-bookworm AS installed
COPY requirements.lock /
RUN python -m venv --without-pip /venv && \
    python -m pip --python /venv/bin/python install \
    --no-cache-dir --require-hashes --only-binary=:all: -r /requirements.lock
COPY exporter /app/exporter
RUN python -m compileall -q /app/exporter

FROM python:3.13.5-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    LISTEN_ADDRESS=:9710 STATE_DIR=/state SECRETS_DIR=/secrets
# Volumes take their owner from these folders.
RUN install -d -o nobody -g nogroup /state /rendered
COPY --from=installed /venv /venv
COPY --from=installed /app /app
COPY config /app/config
COPY prometheus /app/prometheus
WORKDIR /app
USER 65534:65534
EXPOSE 9710
HEALTHCHECK --interval=15s --timeout=5s --start-period=15s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:9710/-/healthy', timeout=4)"]
ENTRYPOINT ["python", "-m", "exporter"]
CMD ["run"]
