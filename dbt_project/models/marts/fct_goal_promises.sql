{%- set goals = {'annual': 'annual_goal', 'overall': 'overall_goal'} -%}
with budgets as (
    select * from {{ changed_rows(ref('fct_project_budgets')) }}
),

promises as (
    select * from {{ ref('stg_jixiao__goal_promises') }}
),

printed_targets as (
    select * from {{ changed_rows(ref('fct_indicator_targets')) }}
),

targets as (
    select
        targets.document_key,
        targets.project_no,
        targets.measure_unit,
        coalesce(targets.low, targets.high) as level,
        {{ strip_indicator_brackets(fold_text('indicators.indicator_name')) }} as indicator_fold
    from printed_targets as targets
    inner join {{ ref('dim_indicators') }} as indicators on targets.indicator_key = indicators.indicator_key
),

measure_units as (
    select * from {{ ref('dim_measure_units') }}
),

-- a project has one row per amount and one goal
goals as (
    {%- for goal, column_name in goals.items() %}
    select distinct
        document_key,
        publisher_key,
        unit_key,
        project_key,
        fiscal_year,
        document_kind,
        project_no,
        project_name,
        is_current,
        '{{ goal }}' as goal,
        {{ column_name }} as goal_text
    from budgets
    where {{ column_name }} is not null
    {% if not loop.last -%}
    union all
    {%- endif %}
    {%- endfor %}
),

promised as (
    select
        goals.*,
        promises.promise_no,
        promises.promise_text,
        promises.comparator,
        promises.low,
        promises.high,
        promises.measure_unit,
        promises.per,
        coalesce(promises.low, promises.high) as level,
        {{ fold_text('promises.promise_text') }} as promise_fold
    from goals
    inner join promises on goals.goal_text = promises.goal_text
),

-- The same number with the same measure word, with another word of its dimension, or in a table that leaves it out.
-- Half of all targets are 100%: a percentage must also be of the same thing, told by how its name ends (满意度, 完成率).
kept as (
    select distinct
        promised.document_key,
        promised.project_no,
        promised.goal,
        promised.promise_no
    from promised
    inner join targets
        on
            promised.document_key = targets.document_key
            and promised.project_no = targets.project_no
    left join measure_units as promised_unit on promised.measure_unit = promised_unit.measure_unit
    left join measure_units as target_unit on targets.measure_unit = target_unit.measure_unit
    where
        (promised.measure_unit <> '%' or strpos(promised.promise_fold, right(targets.indicator_fold, 3)) > 0)
        and (
            (
                promised.level = targets.level
                and coalesce(targets.measure_unit, promised.measure_unit) = promised.measure_unit
            )
            or (
                promised_unit.dimension = target_unit.dimension
                and promised.measure_unit <> targets.measure_unit
                and abs(
                    cast(promised.level as double precision) * promised_unit.factor
                    - cast(targets.level as double precision) * target_unit.factor
                ) <= 1e-9 * abs(cast(promised.level as double precision) * promised_unit.factor)
            )
        )
)

select
    {{ surrogate_key(['promised.document_key', 'promised.project_no', 'promised.goal', 'promised.promise_no']) }}
        as goal_promise_key,
    promised.document_key,
    promised.publisher_key,
    promised.unit_key,
    promised.project_key,
    promised.fiscal_year,
    promised.document_kind,
    promised.project_no,
    promised.project_name,
    promised.goal,
    promised.promise_no,
    promised.promise_text,
    promised.comparator,
    promised.low,
    promised.high,
    promised.measure_unit,
    promised.per,
    kept.promise_no is not null as is_in_targets,
    promised.is_current
from promised
left join kept
    on
        promised.document_key = kept.document_key
        and promised.project_no = kept.project_no
        and promised.goal = kept.goal
        and promised.promise_no = kept.promise_no
