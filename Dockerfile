# One image for every Airflow process: the locked production environment, the DAGs and the dbt project.
ARG PYTHON=python:3.11.13-slim-bookworm@sha256:86adf8dbadc3d6e82ee5dd2c74bec2e1c2467cdad47886280501df722372d2e1
# The server's own programs dump and restore the warehouse: an older pg_dump refuses a newer server. As docker-compose.yml.
ARG POSTGRES=postgres:16.10-bookworm@sha256:38471f330eb885e04de130b768d6db4e10469e2311879c7e5c699f6d2d8a1c74

# Installers stay here: the image that parses strangers' files has no pip, no compiler, no test tool.
FROM ${PYTHON} AS environment
COPY constraints.txt constraints-production.txt pyproject.toml README.md LICENSE /opt/jixiao/
WORKDIR /opt/jixiao
RUN awk '/^[^ ]/{wanted=/^(uv|hatchling|packaging|pathspec|pluggy|trove-classifiers)==/} wanted' constraints.txt > /tmp/tools.txt \
    && python -m venv /opt/tools \
    && /opt/tools/bin/pip install --no-cache-dir --no-deps --require-hashes -r /tmp/tools.txt \
    && python -m venv --without-pip /opt/venv \
    && /opt/tools/bin/uv pip sync --no-cache --python /opt/venv/bin/python --require-hashes constraints-production.txt
COPY extract /opt/jixiao/extract
RUN /opt/tools/bin/hatchling build -t wheel -d /tmp/wheel \
    && /opt/tools/bin/uv pip install --no-cache --no-deps --python /opt/venv/bin/python /tmp/wheel/*.whl \
    && /opt/venv/bin/python -m compileall -q /opt/venv/lib

FROM ${POSTGRES} AS postgres

FROM ${PYTHON}
RUN apt-get update && apt-get upgrade -y \
    && apt-get install -y --no-install-recommends libgssapi-krb5-2 libldap-2.5-0 && rm -rf /var/lib/apt/lists/* \
    && rm -rf /usr/local/lib/python3.11/site-packages/pip* /usr/local/lib/python3.11/site-packages/setuptools* \
    && useradd --uid 50000 --gid 0 --create-home jixiao \
    && install -d -o jixiao -g 0 -m 0775 /srv/jixiao /opt/airflow/logs
COPY --from=postgres /usr/lib/postgresql/*/bin/pg_dump /usr/lib/postgresql/*/bin/pg_restore /usr/local/bin/
COPY --from=postgres /usr/lib/*-linux-gnu/libpq.so.5* /usr/local/lib/
RUN ldconfig && pg_dump --version && pg_restore --version
COPY --from=environment /opt/venv /opt/venv
COPY deploy/airflow.cfg /opt/airflow/
COPY dags /opt/jixiao/dags
COPY dbt_project /opt/jixiao/dbt_project
# What Airflow executes or reads as settings belongs to root: of /opt/airflow only the logs can be written.
ENV PATH=/opt/venv/bin:$PATH \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/jixiao/dags \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    JIXIAO_HOME=/srv/jixiao \
    JIXIAO_DAGS_DIR=/opt/jixiao/dags \
    JIXIAO_DBT_DIR=/opt/jixiao/dbt_project \
    PYTHONUNBUFFERED=1
USER jixiao
WORKDIR /opt/jixiao
CMD ["jixiao", "--help"]
