with targets as (
    select * from {{ ref('quality_targets') }}
),

forms as (
    select
        code_scope,
        indicator_durable_key,
        fiscal_year,
        max(indicator_key) as indicator_key,
        max(indicator_name) as indicator_name,
        count(distinct coalesce(measure_unit, '-') || '|' || coalesce(per, '-')) as forms,
        max(level) as highest,
        min(level) as lowest,
        {{ list_texts('target_text') }} as target_texts
    from targets
    where
        horizon = 'annual'
        and level is not null
        and indicator_code is not null
    group by code_scope, indicator_durable_key, fiscal_year
)

select
    {{ finding_keys('indicator_key') }},
    indicator_durable_key as subject,
    cast(forms as decimal(38, 4)) as figure,
    '指标“' || indicator_name || '”在各项目中口径不一：' || target_texts || '。' as explanation_zh,
    'One code, ' || cast(forms as varchar) || ' forms or scales: ' || target_texts || '.' as explanation_en
from forms
where
    forms > 1
    or (lowest > 0 and cast(highest as double precision) / cast(lowest as double precision) >= {{ var('c07_spread') }})
