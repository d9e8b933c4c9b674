"""Show refused documents to a person on demand, and retry, accept or drop them; reread outdated documents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Param, TriggerRule, dag, get_current_context, task, task_group

from extract.jobs.airflow import TASK_DEFAULTS, tell_failure
from extract.jobs.airflow_asking import AskOperator
from extract.jobs.airflow_tasks import current_run, plan, read, stage
from extract.settings import get_settings


@task
def choose() -> list[str]:
    """Return the hashes of the documents that fit the parameters of the run."""
    from extract.jobs.replay import choose_documents

    return choose_documents(get_settings(), get_current_context()["params"])


@task
def to_ask(chosen: list[str]) -> list[str]:
    """Return the chosen documents about which a person is asked: none where the parameters decide."""
    params = get_current_context()["params"]
    return chosen if params["decision"] == "ask" and not params["outdated"] else []


@task
def question(sha256: str) -> dict[str, Any]:
    """Write the question about one document, and draw the page that it is about."""
    from extract.jobs.question_pictures import XCOM_KEY, locate_pictures
    from extract.jobs.replay import make_question

    mine = get_current_context()["ti"]
    asked = make_question(get_settings(), sha256, locate_pictures(current_run(), mine.map_index))
    mine.xcom_push(key=XCOM_KEY, value=asked.pop("pictures"))
    return asked


@task
def answer(sha256: str, given: Any) -> str:
    """Record a person's answer about one document; return what was done."""
    from extract.jobs.replay import apply_answer

    return apply_answer(get_settings(), sha256, given)


@task_group
def one(sha256: str) -> None:
    """Ask a person about one document."""
    asked = question(sha256)
    ask = AskOperator(
        task_id="ask",
        doc_md="Wait for a person's decision or answers about one document.",
        subject=asked["subject"],
        body=asked["body"],
        options=asked["options"],
        multiple=True,  # one for each question of the document
        # not `why`: the DAG's own parameter of that name would replace what the person writes here
        params={"because": Param("", type="string", description="the reason, kept with your name")},
        response_timeout=timedelta(days=14),
        execution_timeout=None,
    )
    answer(sha256, ask.output)


@task
def decide(chosen: list[str]) -> int:
    """Record one decision for all chosen documents; skip where people are asked."""
    from airflow.sdk.exceptions import AirflowSkipException

    from extract.jobs.replay import decide_all, read_again

    params = get_current_context()["params"]
    if params["outdated"]:
        return read_again(get_settings(), chosen, params["by"] or "replay")
    if params["decision"] == "ask":
        raise AirflowSkipException("people are asked")
    return decide_all(get_settings(), chosen, params["decision"], params["by"] or "", params["why"] or "")


@dag(
    schedule=None,
    start_date=datetime(2025, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    dagrun_timeout=timedelta(days=15),
    on_failure_callback=tell_failure(),
    default_args=TASK_DEFAULTS,
    params={
        "questions": Param(False, type="boolean", description="documents of which the reader asks something"),
        "outdated": Param(False, type="boolean", description="loaded documents of an older reader, not refused ones"),
        "ids": Param(
            None, type=["null", "array"], items={"type": "string"}, description="beginnings of hashes; empty: all"
        ),
        "reason": Param(None, type=["null", "string"], description="only refusals with this reason code"),
        "publisher": Param(None, type=["null", "string"], description="only this publisher file"),
        "since": Param(None, type=["null", "string"], format="date", description="only first seen since this day"),
        "decision": Param("ask", enum=["ask", "retry", "accept", "drop"], description="ask a person, or one for all"),
        "by": Param(None, type=["null", "string"], description="who decides, where nobody is asked"),
        "why": Param(None, type=["null", "string"], description="why, where nobody is asked"),
    },
    tags=["jixiao"],
    doc_md="""
### Look again at what was refused, or at what an older reader loaded

| task | does | again after a failure or a clear |
|---|---|---|
| choose | finds the refused and failed documents that fit the parameters, with `outdated` or `questions` also loaded \
ones | finds what still fits |
| to_ask | hands them to people, or to nobody where `decision` is given, or with `outdated` | the same |
| one.question | writes the question about one document and draws the page it is about | the same question |
| one.ask | waits for a person: retry, accept or drop, or one choice for each question (Airflow's page *Required \
Actions*) | asks again |
| one.answer | writes the decision or answers with the person's name into the ledger | refuses what no longer fits |
| decide | writes one decision for all; with `outdated`: they are to be read again | refuses a decision that no longer \
fits; the same |
| plan, read, stage | as in `ingest` | as in `ingest` |

**Rerun** (trigger) for another choice of documents; **clear** a task to ask or read again in this one.

*accept*: the refusal is right, it is no trouble any more, and only a newer reader looks at it again. *drop*: it is none
of ours and is never read again. Nobody can have a refused document loaded as it is: it is read exactly, or not at all.

*questions*: where a document can be read in several ways, the readings are the options; docs/questions.md.

*outdated*: after an upgrade, at most 1,000 a run, those seen first at the head; **rerun** for the next. Their rows stay
until the newer reader has read them: equal rows cost no build, and the rows of a document that it refuses go.
""",
)
def replay() -> None:
    """Show refused documents to a person, and retry, accept or drop them; reread outdated documents."""
    chosen = choose()
    planned = plan.override(trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)()
    [one.expand(sha256=to_ask(chosen)), decide(chosen)] >> planned
    read.expand(batch=planned) >> stage.override(trigger_rule=TriggerRule.NONE_FAILED)()


replay()
