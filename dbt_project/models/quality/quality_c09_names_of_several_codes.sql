with indicators as (
    select * from {{ changed_rows(ref('dim_indicators')) }}
),

coded as (
    select
        code_scope,
        {{ strip_indicator_brackets(fold_text('indicator_name')) }} as indicator_fold,
        max(indicator_name) as indicator_name,
        max(indicator_key) as indicator_key,
        count(distinct indicator_code) as codes,
        max(valid_from_year) as fiscal_year,
        {{ list_texts('indicator_code') }} as indicator_codes
    from indicators
    where indicator_code is not null
    group by code_scope, {{ strip_indicator_brackets(fold_text('indicator_name')) }}
)

select
    {{ finding_keys('indicator_key') }},
    code_scope || '|' || indicator_fold as subject,
    cast(codes as decimal(38, 4)) as figure,
    '指标“' || indicator_name || '”有多个编码：' || indicator_codes || '。' as explanation_zh,
    'One name, ' || cast(codes as varchar) || ' codes: ' || indicator_codes || '.' as explanation_en
from coded
where
    codes > 1
