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
    comparator,
    low,
    high,
    measure_unit,
    per,
    is_percent,
    value_type,
    is_implicit,
    is_suspect,
    date_low,
    date_high,
    is_current,
    page,
    row_no,
    x0,
    y0,
    x1,
    y1
from targets
where horizon in ('annual', 'cycle', 'adjusted')
