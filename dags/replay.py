"""On demand: refused documents are shown to a person, and read again, accepted or dropped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, TriggerRule, dag, get_current_context, task

from extract.orchestration import STAGED, TASK_DEFAULTS, WRITER_POOL
from extract.settings import get_settings


@dag(
    schedule=None,
    start_date=datetime(2025, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    dagrun_timeout=timedelta(days=15),
    default_args=TASK_DEFAULTS,
    params={
        "ids": Param([], type="array", items={"type": "string"}, description="beginnings of hashes; empty: all"),
        "reason": Param(None, type=["null", "string"], description="only refusals with this reason code"),
        "publisher": Param(None, type=["null", "string"], description="only this publisher file"),
        "since": Param(None, type=["null", "string"], format="date", description="only first seen since this day"),
        "decision": Param("ask", enum=["ask", "retry", "accept", "drop"], description="ask a person, or one for all"),
        "by": Param("", type="string", description="who decides, where nobody is asked"),
        "why": Param("", type="string", description="why, where nobody is asked"),
    },
    tags=["jixiao"],
    doc_md="""
### Look again at what was refused

| task | does | again after a failure or a clear |
|---|---|---|
| choose | finds the refused and failed documents that fit the parameters | finds what still fits |
| way | asks a person, or takes the parameter `decision` for all | the same way |
| questions | writes one question per document and draws the page it is about | the same questions |
| ask | waits for a person: retry, accept or drop (Airflow's page *Required Actions*) | asks again |
| answer / decide | writes the decisions with names into the ledger | refuses a decision that no longer fits |
| plan, read, stage | as in `ingest` | as in `ingest` |

*accept*: the refusal is right, it is no trouble any more, and only a newer reader looks at it again. *drop*: it is none
of ours and is never read again. Nobody can have a refused document loaded as it is: it is read exactly, or not at all.
""",
)
def replay() -> None:
    def run_id() -> str:
        return str(get_current_context()["run_id"])

    @task
    def choose() -> list[str]:
        from extract.replay import choose_refused

        params = get_current_context()["params"]
        return choose_refused(get_settings(), params["ids"], params["reason"], params["publisher"], params["since"])

    @task.branch
    def way() -> str:
        return "questions" if get_current_context()["params"]["decision"] == "ask" else "decide"

    @task
    def questions(chosen: list[str]) -> list[dict[str, str]]:
        from extract.replay import make_questions

        return make_questions(get_settings(), chosen)

    @task
    def answer(chosen: list[str], answers: Any) -> int:
        from extract.replay import apply_answers

        return apply_answers(get_settings(), chosen, answers)

    @task
    def decide(chosen: list[str]) -> int:
        from extract.replay import decide_all

        params = get_current_context()["params"]
        return decide_all(get_settings(), chosen, params["decision"], params["by"], params["why"])

    @task(trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def plan() -> list[list[str]]:
        from extract import ingest as steps

        return steps.plan_batches(get_settings())

    @task(max_active_tis_per_dagrun=8)
    def read(batch: list[str]) -> int:
        from extract import ingest as steps

        return steps.read_batch(get_settings(), batch)

    @task(pool=WRITER_POOL, outlets=[STAGED], trigger_rule=TriggerRule.NONE_FAILED)
    def stage() -> int:
        from airflow.sdk.exceptions import AirflowSkipException

        from extract import ingest as steps

        staged = steps.stage_read(get_settings(), run_id())
        if not staged:
            raise AirflowSkipException("nothing new to build from")
        get_current_context()["outlet_events"][STAGED].extra = {"staged_documents": staged}
        return staged

    chosen = choose()
    branch = way()
    asked = questions(chosen)
    ask = HITLOperator.partial(
        task_id="ask",
        options=["retry", "accept", "drop"],
        params={"why": Param("", type="string", description="reason, kept with your name")},
        response_timeout=timedelta(days=14),
        execution_timeout=None,
    ).expand_kwargs(asked)
    answered = answer(chosen, ask.output)
    decided = decide(chosen)
    chosen >> branch >> [asked, decided]
    [answered, decided] >> (batches := plan())
    read.expand(batch=batches) >> stage()


replay()
