with indicators as (
    select * from {{ changed_rows(ref('dim_indicators')) }}
),

named as (
    select
        indicator_durable_key,
        min(indicator_code) as indicator_code,
        max(indicator_key) as indicator_key,
        count(distinct {{ fold_text('indicator_name') }}) as names,
        max(valid_from_year) as fiscal_year,
        {{ list_texts('indicator_name') }} as indicator_names
    from indicators
    where indicator_code is not null
    group by indicator_durable_key
)

select
    {{ finding_keys('indicator_key') }},
    indicator_durable_key as subject,
    cast(names as decimal(38, 4)) as figure,
    '指标编码' || indicator_code || '对应多个名称：' || indicator_names || '。' as explanation_zh,
    'Code ' || indicator_code || ' bears ' || cast(names as varchar) || ' names: '
    || indicator_names || '.'
        as explanation_en
from named
where
    names > 1
