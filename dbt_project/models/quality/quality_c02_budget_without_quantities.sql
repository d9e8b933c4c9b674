with pairs as (
    select * from {{ ref('quality_pairs') }}
),

budgets as (
    select * from {{ changed_rows(ref('yoy_project_budgets')) }}
),

quantities as (
    select
        project_key,
        fiscal_year,
        max(unit_key) as unit_key,
        count(*) as quantity_targets,
        sum(case when change_class = 'raised' then 1 else 0 end) as raised,
        sum(case when change_class = 'lowered' then 1 else 0 end) as lowered
    from pairs
    where
        level2_code = '11'
        and change_class in ('unchanged', 'raised', 'lowered')
    group by project_key, fiscal_year
),

joined as (
    select
        budgets.*,
        quantities.unit_key,
        quantities.quantity_targets,
        quantities.lowered
    from budgets
    inner join quantities
        on
            budgets.project_key = quantities.project_key
            and budgets.fiscal_year = quantities.fiscal_year
    where quantities.raised = 0
)

select
    {{ finding_keys('publisher_key', 'unit_key', 'project_key', 'document_key') }},
    '' as subject,
    cast(delta_pct as decimal(38, 4)) as figure,
    project_name || '：预算增长' || {{ plain_number('delta_pct') }} || '%，但可比的'
    || cast(quantity_targets as varchar) || '项数量指标无一提高，' || cast(lowered as varchar)
    || '项降低。'
        as explanation_zh,
    'The budget grew by ' || {{ plain_number('delta_pct') }} || ' %, yet none of '
    || cast(quantity_targets as varchar) || ' comparable quantity targets rose and '
    || cast(lowered as varchar) || ' fell.'
        as explanation_en
from joined
where
    delta_pct > {{ var('c02_growth_pct') }}
