with targets as (
    select * from {{ ref('quality_targets') }}
),

results as (
    select * from {{ changed_rows(ref('fct_indicator_results')) }}
),

indicators as (
    select * from {{ ref('dim_indicators') }}
),

reached as (
    select
        results.project_key,
        indicators.indicator_durable_key,
        results.fiscal_year,
        max(results.actual_value) as actual_value,
        max(results.achievement_pct) as achievement_pct
    from results
    inner join indicators on results.indicator_key = indicators.indicator_key
    where
        results.is_current
        and results.actual_value is not null
    group by results.project_key, indicators.indicator_durable_key, results.fiscal_year
),

easy as (
    select
        targets.*,
        reached.actual_value,
        reached.achievement_pct
    from targets
    inner join reached
        on
            targets.project_key = reached.project_key
            and targets.indicator_durable_key = reached.indicator_durable_key
            and targets.fiscal_year - 1 = reached.fiscal_year
    where
        targets.horizon = 'annual'
        and targets.comparator in ('ge', 'gt', 'eq', 'approx')
        and (
            reached.actual_value > targets.level
            or reached.achievement_pct > {{ var('c16_achievement_pct') }}
        )
)

select
    publisher_key,
    unit_key,
    project_key,
    indicator_key,
    document_key,
    fiscal_year,
    target_key as subject,
    cast(actual_value as decimal(38, 4)) as figure,
    project_name || '：“' || indicator_name || '”本年目标' || target_text || '，上年已实际完成'
    || {{ plain_number('actual_value') }} || '。'
        as explanation_zh,
    'The target is ' || target_text || '; last year ' || {{ plain_number('actual_value') }}
    || ' was already reached.'
        as explanation_en
from easy
