with indicators as (
    select * from {{ ref('int_indicators_identified') }}
),

-- one line per name and levels of an indicator in a year
printed as (
    select
        indicator_identity_key,
        fiscal_year,
        indicator_fold,
        level1_identity,
        level2_identity,
        min(code_scope) as code_scope,
        min(indicator_code) as indicator_code,
        max(indicator_name) as indicator_name,
        max(level1_code) as level1_code,
        max(level1_name) as level1_name,
        max(level2_code) as level2_code,
        max(level2_name) as level2_name
    from indicators
    group by indicator_identity_key, fiscal_year, indicator_fold, level1_identity, level2_identity
),

ranked as (
    select
        *,
        dense_rank() over (partition by indicator_identity_key order by fiscal_year) as indicator_year_no
    from printed
),

yearly as (
    select
        *,
        indicator_year_no - row_number() over (
            partition by indicator_identity_key, indicator_fold, level1_identity, level2_identity
            order by fiscal_year
        ) as period,
        max(fiscal_year) over (partition by indicator_identity_key) as indicator_last_year
    from ranked
),

periods as (
    select
        indicator_identity_key,
        indicator_fold,
        level1_identity,
        level2_identity,
        period,
        min(code_scope) as code_scope,
        min(indicator_code) as indicator_code,
        max(indicator_name) as indicator_name,
        max(level1_code) as level1_code,
        max(level1_name) as level1_name,
        max(level2_code) as level2_code,
        max(level2_name) as level2_name,
        min(fiscal_year) as first_year,
        max(fiscal_year) as last_year,
        max(indicator_last_year) as indicator_last_year
    from yearly
    group by indicator_identity_key, indicator_fold, level1_identity, level2_identity, period
),

numbered as (
    select
        *,
        row_number() over (
            partition by indicator_identity_key, indicator_fold, level1_identity, level2_identity
            order by first_year
        ) as period_no
    from periods
)

select
    {{ surrogate_key(['indicator_identity_key', 'indicator_fold', 'level1_identity', 'level2_identity', 'period_no']) }}
        as indicator_key,
    indicator_identity_key,
    code_scope,
    indicator_code,
    indicator_name,
    indicator_fold,
    level1_identity,
    level1_code,
    level1_name,
    level2_identity,
    level2_code,
    level2_name,
    first_year as valid_from_year,
    case when last_year < indicator_last_year then last_year end as valid_to_year,
    first_year,
    last_year
from numbered
