"""Run: the steps that DAG files call, alerts, Airflow in this process."""
