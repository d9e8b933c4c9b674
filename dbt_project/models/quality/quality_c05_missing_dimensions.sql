{%- set dimensions = {
    '满意度指标': ['satisfaction', 'satisfaction_targets'],
    '时效指标': ['time', 'time_targets'],
    '质量指标': ['quality', 'quality_targets'],
    '效益指标': ['benefit', 'benefit_targets'],
    '成本指标': ['cost', 'cost_targets'],
} -%}
with targets as (
    select * from {{ ref('quality_targets') }}
),

-- level 2 = 31: forms put satisfaction under 效益 and under 满意度
counted as (
    {{ count_by_project(
        'targets',
        {
            'satisfaction_targets': count_if("level2_code = '31'"),
            'time_targets': count_if("level2_code = '13'"),
            'quality_targets': count_if("level2_code = '12'"),
            'benefit_targets': count_if("level1_code = '2' and coalesce(level2_code, '') <> '31'"),
            'cost_targets': count_if("level2_code = '14' or level1_code = '4' or indicator_name like '%成本%'"),
        },
        where="horizon = 'annual'"
    ) }}
),

missing as (
    {%- for name_zh, (name_en, column_name) in dimensions.items() %}
    select
        publisher_key,
        project_key,
        fiscal_year,
        project_name,
        unit_key,
        document_key,
        targets,
        '{{ name_zh }}' as name_zh,
        '{{ name_en }}' as name_en
    from counted
    where {{ column_name }} = 0
    {% if not loop.last -%}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    {{ finding_keys('publisher_key', 'unit_key', 'project_key', 'document_key') }},
    name_en as subject,
    cast(targets as decimal(38, 4)) as figure,
    project_name || '：' || cast(targets as varchar) || '项指标中没有' || name_zh || '。' as explanation_zh,
    'None of ' || cast(targets as varchar) || ' targets measures ' || name_en || '.' as explanation_en
from missing
