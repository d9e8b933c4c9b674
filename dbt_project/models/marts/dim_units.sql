with units as (
    select * from {{ ref('int_units_named') }}
)

select
    unit_key,
    unit_durable_key,
    publisher_key,
    unit_code,
    unit_name,
    department_code,
    is_unit_printed,
    valid_from_year,
    valid_to_year,
    is_current
from units
