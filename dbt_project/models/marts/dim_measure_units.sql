with measure_units as (
    select * from {{ ref('int_measure_units_completed') }}
)

select
    measure_unit_key,
    measure_unit,
    dimension,
    base_unit,
    factor,
    is_classified
from measure_units
