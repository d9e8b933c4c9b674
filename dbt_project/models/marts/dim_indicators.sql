with indicators as (
    select * from {{ ref('int_indicators_named') }}
)

select
    indicator_key,
    indicator_identity_key as indicator_durable_key,
    code_scope,
    indicator_code,
    indicator_name,
    level1_code,
    level1_name,
    level2_code,
    level2_name,
    valid_from_year,
    valid_to_year,
    valid_to_year is null as is_current
from indicators
