with targets as (
    select * from {{ ref('quality_targets') }}
),

counted as (
    {{ count_by_project(
        'targets',
        {'outputs': count_if("level1_code = '1'"), 'dimensions': 'count(distinct level2_code)'},
        shares={'output_pct': 'outputs'},
        where="horizon = 'annual' and level1_code is not null"
    ) }}
)

select
    {{ finding_keys('publisher_key', 'unit_key', 'project_key', 'document_key') }},
    '' as subject,
    cast(output_pct as decimal(38, 4)) as figure,
    project_name || '：' || cast(targets as varchar) || '项指标中，' || cast(outputs as varchar)
    || '项为产出指标，共涉及' || cast(dimensions as varchar) || '个二级维度。'
        as explanation_zh,
    cast(outputs as varchar) || ' of ' || cast(targets as varchar)
    || ' targets count output; ' || cast(dimensions as varchar) || ' level-2 classes in all.'
        as explanation_en
from counted
where
    targets >= {{ var('c22_min_targets') }}
    and output_pct >= {{ var('c22_output_pct') }}
