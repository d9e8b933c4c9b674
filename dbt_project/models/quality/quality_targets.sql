with targets as (
    select * from {{ changed_rows(ref('fct_indicator_targets')) }}
),

indicators as (
    select * from {{ ref('dim_indicators') }}
),

projects as (
    select * from {{ ref('dim_projects') }}
),

target_values as (
    select * from {{ ref('int_target_values_folded') }}
),

plans as (
    select
        publisher_key,
        fiscal_year,
        min({{ kind_rank('document_kind') }}) as kind_rank
    from targets
    where is_current
    group by publisher_key, fiscal_year
)

select
    targets.target_key,
    targets.document_key,
    targets.publisher_key,
    targets.unit_key,
    targets.project_key,
    targets.indicator_key,
    targets.fiscal_year,
    targets.horizon,
    targets.record_no,
    projects.project_name,
    indicators.indicator_durable_key,
    indicators.code_scope,
    indicators.indicator_code,
    indicators.indicator_name,
    indicators.level1_code,
    indicators.level2_code,
    targets.target_text,
    targets.comparator,
    coalesce(targets.low, targets.high) as level,
    targets.measure_unit,
    targets.per,
    targets.is_percent,
    targets.value_type,
    targets.is_implicit,
    targets.is_suspect,
    target_values.target_fingerprint
from targets
inner join indicators on targets.indicator_key = indicators.indicator_key
inner join projects on targets.project_key = projects.project_key
inner join target_values on targets.target_text = target_values.target_text
inner join plans
    on
        targets.publisher_key = plans.publisher_key
        and targets.fiscal_year = plans.fiscal_year
        and {{ kind_rank('targets.document_kind') }} = plans.kind_rank
where
    targets.is_current
    and targets.horizon in ('annual', 'cycle')
    -- an unfilled cell is no target and not a target of zero
    and targets.value_type not in ('empty', 'placeholder')
