with pairs as (
    select * from {{ changed_rows(ref('yoy_indicator_targets')) }}
),

targets as (
    select * from {{ changed_rows(ref('fct_indicator_targets')) }}
),

joined as (
    select
        pairs.*,
        targets.unit_key,
        targets.document_key
    from pairs
    inner join targets on pairs.prior_target_key = targets.target_key
    where
        pairs.horizon = 'annual'
        and pairs.change_class = 'dropped'
        and pairs.project_status in ('same', 'renamed')
)

select
    publisher_key,
    unit_key,
    project_key,
    indicator_key,
    document_key,
    fiscal_year,
    prior_target_key as subject,
    cast(null as decimal(38, 4)) as figure,
    project_name || '：项目延续，但上年指标“' || prior_indicator_name || '”（' || prior_target_text
    || '）本年不再设置。'
        as explanation_zh,
    'The project continues, but its indicator ' || prior_indicator_name || ' ('
    || prior_target_text || ') is gone.'
        as explanation_en
from joined
