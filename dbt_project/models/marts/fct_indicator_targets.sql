with targets as (
    select * from {{ ref('int_targets_valued') }}
)

select
    target_key,
    document_key,
    publisher_key,
    unit_key,
    project_key,
    indicator_key,
    fiscal_year,
    document_kind,
    horizon,
    project_no,
    record_no,
    form_title,
    target_text,
    {{ target_value_columns() }},
    is_current,
    {{ target_place_columns() }}
from targets
where horizon in ('annual', 'cycle', 'adjusted')
