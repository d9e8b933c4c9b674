# Superset as `make superset` runs it: the locked environment, the assets, and the script that imports them.
ARG PYTHON=python:3.11.13-slim-bookworm@sha256:86adf8dbadc3d6e82ee5dd2c74bec2e1c2467cdad47886280501df722372d2e1

FROM ${PYTHON} AS environment
COPY constraints.txt /tmp/constraints.txt
COPY bi/superset/constraints.txt /tmp/superset.txt
RUN awk '/^[^ ]/{wanted=/^uv==/} wanted' /tmp/constraints.txt > /tmp/tools.txt \
    && python -m venv /opt/tools \
    && /opt/tools/bin/pip install --no-cache-dir --no-deps --require-hashes -r /tmp/tools.txt \
    && python -m venv --without-pip /opt/venv \
    && /opt/tools/bin/uv pip sync --no-cache --python /opt/venv/bin/python --require-hashes /tmp/superset.txt

FROM ${PYTHON}
RUN apt-get update && apt-get upgrade -y && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 50001 --gid 0 --create-home superset \
    && install -d -o superset -g 0 -m 0700 /srv/superset
COPY --from=environment /opt/venv /opt/venv
COPY bi/superset /opt/superset/bi/superset
ENV PATH=/opt/venv/bin:$PATH \
    JIXIAO_HOME=/srv/jixiao \
    PYTHONUNBUFFERED=1
USER superset
WORKDIR /opt/superset
CMD ["python", "/opt/superset/bi/superset/start.py", "--host", "0.0.0.0", "--wait"]
