with targets as (
    select * from {{ ref('quality_targets') }}
),

counted as (
    {{ count_by_project(
        'targets',
        {'hundreds': count_if('is_percent and level = 100')},
        shares={'hundred_pct': 'hundreds'},
        where="horizon = 'annual'"
    ) }}
)

select
    {{ finding_keys('publisher_key', 'unit_key', 'project_key', 'document_key') }},
    '' as subject,
    cast(hundred_pct as decimal(38, 4)) as figure,
    project_name || '：' || cast(targets as varchar) || '项指标中，' || cast(hundreds as varchar)
    || '项为100%。'
        as explanation_zh,
    cast(hundreds as varchar) || ' of ' || cast(targets as varchar)
    || ' targets are exactly 100 %.'
        as explanation_en
from counted
where
    targets >= {{ var('c10_min_targets') }}
    and hundred_pct >= {{ var('c10_hundred_pct') }}
