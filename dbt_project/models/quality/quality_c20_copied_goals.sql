{%- set goals = {'annual_goal': ['年度绩效目标', 'annual'], 'overall_goal': ['总体绩效目标', 'overall']} -%}
with pairs as (
    select * from {{ changed_rows(ref('yoy_project_budgets')) }}
),

budgets as (
    select * from {{ changed_rows(ref('fct_project_budgets')) }}
),

goals as (
    select
        document_key,
        project_key,
        max(unit_key) as unit_key,
        max({{ fold_text('annual_goal') }}) as annual_goal,
        max({{ fold_text('overall_goal') }}) as overall_goal
    from budgets
    where is_current
    group by document_key, project_key
),

copied as (
    {%- for column_name, (name_zh, name_en) in goals.items() %}
    select
        pairs.*,
        later.unit_key,
        length(later.{{ column_name }}) as goal_length,
        '{{ name_zh }}' as name_zh,
        '{{ name_en }}' as name_en
    from pairs
    inner join goals as later
        on
            pairs.document_key = later.document_key
            and pairs.project_key = later.project_key
    inner join goals as earlier
        on
            pairs.prior_document_key = earlier.document_key
            and pairs.project_key = earlier.project_key
            and later.{{ column_name }} = earlier.{{ column_name }}
    where later.{{ column_name }} <> ''
    {% if not loop.last -%}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    {{ finding_keys('publisher_key', 'unit_key', 'project_key', 'document_key') }},
    name_en as subject,
    cast(goal_length as decimal(38, 4)) as figure,
    project_name || '：' || name_zh || '与上年一字不差。' as explanation_zh,
    'The ' || name_en || ' goal is word for word that of last year.' as explanation_en
from copied
