# One image for every Airflow process: the locked environment, the DAGs and the dbt project.
FROM python:3.11-slim-bookworm AS environment
COPY constraints.txt pyproject.toml README.md /opt/jixiao/
RUN awk '/^[^ ]/{wanted=/^uv==/} wanted' /opt/jixiao/constraints.txt > /tmp/uv.txt \
    && python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r /tmp/uv.txt \
    && /opt/venv/bin/uv pip sync --no-cache --python /opt/venv/bin/python --require-hashes /opt/jixiao/constraints.txt
COPY extract /opt/jixiao/extract
RUN /opt/venv/bin/uv pip install --no-cache --python /opt/venv/bin/python --no-deps --no-build-isolation --editable /opt/jixiao

FROM python:3.11-slim-bookworm
RUN useradd --uid 50000 --gid 0 --create-home jixiao && install -d -o jixiao -g 0 -m 0775 /srv/jixiao /opt/airflow
COPY --from=environment /opt/venv /opt/venv
COPY --from=environment /opt/jixiao /opt/jixiao
COPY dags /opt/jixiao/dags
COPY dbt_project /opt/jixiao/dbt_project
ENV PATH=/opt/venv/bin:$PATH \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/jixiao/dags \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    JIXIAO_HOME=/srv/jixiao \
    PYTHONUNBUFFERED=1
USER jixiao
WORKDIR /opt/jixiao
CMD ["jixiao", "--help"]
