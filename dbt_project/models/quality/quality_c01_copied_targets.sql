with pairs as (
    select * from {{ ref('quality_pairs') }}
),

counted as (
    {{ count_by_project(
        'pairs',
        {'copied': count_if("change_class = 'unchanged' and not is_comparator_changed")},
        shares={'copied_pct': 'copied'}
    ) }}
)

select
    {{ finding_keys('publisher_key', 'unit_key', 'project_key', 'document_key') }},
    '' as subject,
    cast(copied_pct as decimal(38, 4)) as figure,
    project_name || '：与上年共有的' || cast(targets as varchar) || '项指标中，'
    || cast(copied as varchar) || '项指标值与上年完全相同。'
        as explanation_zh,
    cast(copied as varchar) || ' of ' || cast(targets as varchar)
    || ' targets that last year had too are unchanged.'
        as explanation_en
from counted
where
    targets >= {{ var('c01_min_shared') }}
    and copied_pct >= {{ var('c01_copied_pct') }}
