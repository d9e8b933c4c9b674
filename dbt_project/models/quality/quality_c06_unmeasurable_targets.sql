{%- set faults = {
    '定性或无法量化': ['cannot be measured', 'unmeasured', 'c06_unmeasured_pct'],
    '未印比较符': ['print no comparator', 'implicit', 'c06_implicit_pct'],
    '无计量单位': ['print no measure word', 'bare', 'c06_bare_pct'],
    '疑似有误': ['look damaged', 'suspect', 'c06_suspect_pct'],
} -%}
with targets as (
    select * from {{ ref('quality_targets') }}
),

counted as (
    {{ count_by_project(
        'targets',
        {
            'unmeasured': count_if("level is null and value_type <> 'date'"),
            'implicit': count_if('is_implicit'),
            'bare': count_if('level is not null and measure_unit is null'),
            'suspect': count_if('is_suspect'),
        },
        where="horizon = 'annual'"
    ) }}
),

faulty as (
    {%- for fault_zh, (fault_en, column_name, threshold) in faults.items() %}
    select
        publisher_key,
        project_key,
        fiscal_year,
        project_name,
        unit_key,
        document_key,
        targets,
        {{ column_name }} as faults,
        {{ share_pct(column_name, 'targets') }} as fault_pct,
        {{ var(threshold) }} as threshold_pct,
        '{{ fault_zh }}' as fault_zh,
        '{{ fault_en }}' as fault_en
    from counted
    where {{ column_name }} > 0
    {% if not loop.last -%}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    {{ finding_keys('publisher_key', 'unit_key', 'project_key', 'document_key') }},
    fault_en as subject,
    cast(fault_pct as decimal(38, 4)) as figure,
    project_name || '：' || cast(targets as varchar) || '项指标值中，' || cast(faults as varchar)
    || '项' || fault_zh || '。'
        as explanation_zh,
    cast(faults as varchar) || ' of ' || cast(targets as varchar) || ' targets ' || fault_en || '.' as explanation_en
from faulty
where
    fault_pct >= threshold_pct
