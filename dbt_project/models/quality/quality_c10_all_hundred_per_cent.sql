with targets as (
    select * from {{ ref('quality_targets') }}
),

counted as (
    {{ count_by_project(
        'targets',
        {'hundreds': count_if('is_percent and level = 100')},
        where="horizon = 'annual'"
    ) }}
),

measured as (
    select
        *,
        {{ share_pct('hundreds', 'targets') }} as hundred_pct
    from counted
)

select
    publisher_key,
    unit_key,
    project_key,
    cast(null as varchar) as indicator_key,
    document_key,
    fiscal_year,
    '' as subject,
    cast(hundred_pct as decimal(38, 4)) as figure,
    project_name || '：' || cast(targets as varchar) || '项指标中，' || cast(hundreds as varchar)
    || '项为100%。'
        as explanation_zh,
    cast(hundreds as varchar) || ' of ' || cast(targets as varchar)
    || ' targets are exactly 100 %.'
        as explanation_en
from measured
where
    targets >= {{ var('c10_min_targets') }}
    and hundred_pct >= {{ var('c10_hundred_pct') }}
