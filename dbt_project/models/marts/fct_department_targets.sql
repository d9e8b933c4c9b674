with targets as (
    select * from {{ ref('int_department_targets_valued') }}
)

select
    target_key as department_target_key,
    document_key,
    publisher_key,
    department_key,
    fiscal_year,
    document_kind,
    horizon,
    form_no,
    record_no,
    form_title,
    department_name,
    overall_goal,
    annual_goal,
    amount_yuan,
    level1_code,
    level1_name,
    level2_code,
    level2_name,
    indicator_code,
    indicator_name,
    weight_text,
    target_text,
    {{ target_value_columns() }},
    is_current,
    {{ target_place_columns() }}
from targets
