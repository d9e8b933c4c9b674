with known as (
    select * from {{ ref('measure_units') }}
),

target_values as (
    select * from {{ ref('stg_jixiao__target_values') }}
),

used as (
    select distinct measure_unit
    from target_values
    where measure_unit is not null
),

-- a measure word that nobody has classified yet is a dimension of its own: it compares with itself alone
completed as (
    select
        measure_unit,
        dimension,
        base_unit,
        cast(factor as decimal(20, 10)) as factor,
        true as is_classified
    from known
    union all
    select
        used.measure_unit,
        used.measure_unit as dimension,
        used.measure_unit as base_unit,
        cast(1 as decimal(20, 10)) as factor,
        false as is_classified
    from used
    left join known on used.measure_unit = known.measure_unit
    where known.measure_unit is null
)

select
    {{ surrogate_key(['measure_unit']) }} as measure_unit_key,
    measure_unit,
    dimension,
    base_unit,
    factor,
    is_classified
from completed
