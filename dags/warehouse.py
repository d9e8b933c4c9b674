"""Build (dbt models and tests) and publish (swap the served release) when new data is staged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import Param, dag, get_current_context, task

from extract.jobs.airflow import RELEASE, STAGED, TASK_DEFAULTS, WRITER_POOL, tell_failure, tell_later_than
from extract.settings import get_settings


@task
def build() -> dict[str, int]:
    """Build the marts of the partitions that changed; return how many nodes of dbt ended in which status."""
    from airflow.sdk.exceptions import AirflowFailException

    from extract.errors import BuildError
    from extract.warehouse.build import build_marts

    try:
        return build_marts(get_settings(), full_refresh=get_current_context()["params"]["full_refresh"])
    except BuildError as error:  # a test that fails on these rows fails again: no retry
        raise AirflowFailException(str(error)) from error


@task(outlets=[RELEASE])
def publish() -> str:
    """Publish the marts as a release and return its id; skip where no row changed."""
    from airflow.sdk.exceptions import AirflowSkipException

    from extract.jobs.alerts import send_heartbeat
    from extract.jobs.publish import publish as publish_release
    from extract.report import refresh_night_report

    release = publish_release(get_settings())
    refresh_night_report(get_settings())
    send_heartbeat(get_settings())
    if not release["published"]:
        raise AirflowSkipException(f"nothing changed: release {release['release_id']} stays")
    get_current_context()["outlet_events"][RELEASE].extra = {
        "release_id": release["release_id"],
        "is_served": release["served"],
        "source_documents": release["source_documents"],
        "rows": release["row_counts"],
        "changes": release["changes"],
    }
    return str(release["release_id"])


@dag(
    schedule=[STAGED],
    start_date=datetime(2025, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    dagrun_timeout=timedelta(hours=12),
    on_failure_callback=tell_failure(),
    deadline=tell_later_than(timedelta(hours=3)),
    default_args=TASK_DEFAULTS | {"pool": WRITER_POOL},
    params={"full_refresh": Param(False, type="boolean", description="build everything and not only what changed")},
    tags=["jixiao"],
    doc_md="""
### Build the star schema and publish it

| task | does | again after a failure or a clear |
|---|---|---|
| build | reads new target texts, then `dbt build` (models and tests) of the partitions that changed, in a private \
database | the same rows |
| publish | writes a release and its report beside the served one, serves it in one step | publishes equal rows once |

Everything is built where models, seeds, the grammar or a version changed, and where `full_refresh` asks for it.

A model or a test that fails stops here: nothing is published, readers keep the release they have, and the rows that
failed are in the schema `audit` of the build database. **Clear** `build` after mending the cause, or wait: the next
night builds what no release holds. **Rerun** (trigger) builds again at any time and publishes equal rows only once.
While a release is pinned (`jixiao rollback`) new ones are kept and not served.
""",
)
def warehouse() -> None:
    """Build the marts and publish a release when new data is staged."""
    build() >> publish()


warehouse()
