"""The steps that DAG files call, and how they are run: ingest, replay, publish, alerts, Airflow."""
