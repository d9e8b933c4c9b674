with indicators as (
    select * from {{ ref('int_indicators_identified') }}
),

targets as (
    select * from {{ ref('stg_jixiao__targets') }}
),

target_values as (
    select * from {{ ref('stg_jixiao__target_values') }}
),

names as (
    select * from {{ ref('int_indicators_named') }}
),

units as (
    select * from {{ ref('int_units_named') }}
),

chains as (
    select * from {{ ref('int_projects_chained') }}
),

measure_units as (
    select * from {{ ref('int_measure_units_completed') }}
),

printed as (
    select
        targets.sha256,
        targets.part_no,
        targets.record_no,
        targets.horizon,
        targets.target_text,
        target_values.comparator,
        target_values.low,
        target_values.high,
        target_values.measure_unit,
        measure_units.dimension,
        measure_units.factor
    from targets
    left join target_values on targets.target_text = target_values.target_text
    left join measure_units on target_values.measure_unit = measure_units.measure_unit
),

joined as (
    select
        indicators.*,
        annual.target_text,
        annual.comparator,
        annual.low,
        annual.high,
        annual.measure_unit,
        coalesce(actual.target_text, indicators.actual_text) as printed_actual_text,
        coalesce(actual.low, actual.high) as actual_value,
        actual.measure_unit as actual_measure_unit,
        last_year.target_text as prior_actual_text,
        coalesce(last_year.low, last_year.high) as prior_actual_value,
        -- both in the base unit of their dimension; a report often leaves the measure word out
        case
            when actual.measure_unit is null or coalesce(annual.measure_unit, '') = actual.measure_unit then 1
            when annual.dimension = actual.dimension then cast(actual.factor as double precision) / annual.factor
        end as actual_scale
    from indicators
    left join printed as annual
        on
            indicators.sha256 = annual.sha256
            and indicators.part_no = annual.part_no
            and indicators.record_no = annual.record_no
            and annual.horizon = 'annual'
    left join printed as actual
        on
            indicators.sha256 = actual.sha256
            and indicators.part_no = actual.part_no
            and indicators.record_no = actual.record_no
            and actual.horizon = 'actual'
    left join printed as last_year
        on
            indicators.sha256 = last_year.sha256
            and indicators.part_no = last_year.part_no
            and indicators.record_no = last_year.record_no
            and last_year.horizon = 'prior'
    where
        indicators.document_kind = 'self_evaluation'
        or actual.target_text is not null
        or last_year.target_text is not null
        or nullif(indicators.actual_text, '') is not null
        or nullif(indicators.score_text, '') is not null
),

compared as (
    select
        *,
        cast(actual_value as double precision) * actual_scale as actual_level,
        cast(low as double precision) as low_level,
        cast(high as double precision) as high_level
    from joined
)

select
    compared.record_key as result_key,
    compared.document_key,
    compared.publisher_key,
    units.unit_key,
    chains.project_key,
    names.indicator_key,
    compared.fiscal_year,
    compared.document_kind,
    compared.project_no,
    compared.record_no,
    compared.form_title,
    compared.target_text,
    compared.comparator,
    compared.low,
    compared.high,
    compared.measure_unit,
    compared.printed_actual_text as actual_text,
    compared.actual_value,
    compared.actual_measure_unit,
    compared.prior_actual_text,
    compared.prior_actual_value,
    compared.weight_text,
    cast({{ regexp_extract(fold_width('compared.weight_text'), '([0-9]{1,6}([.][0-9]{1,4})?)') }} as decimal(12, 4))
        as weight,
    compared.score_text,
    cast({{ regexp_extract(fold_width('compared.score_text'), '([0-9]{1,6}([.][0-9]{1,4})?)') }} as decimal(12, 4))
        as score,
    compared.deviation_text,
    -- reached, not reached, or (an exact value missed in a direction that nobody printed) unknown
    case
        when compared.comparator = 'ge' then compared.actual_level >= compared.low_level
        when compared.comparator = 'gt' then compared.actual_level > compared.low_level
        when compared.comparator = 'le' then compared.actual_level <= compared.high_level
        when compared.comparator = 'lt' then compared.actual_level < compared.high_level
        when compared.comparator = 'range'
            then compared.actual_level between compared.low_level and compared.high_level
        when compared.comparator in ('eq', 'approx') and compared.actual_level = compared.low_level then true
    end as is_reached,
    case
        when coalesce(compared.low_level, compared.high_level) <> 0
            then cast(100 * compared.actual_level / coalesce(compared.low_level, compared.high_level) as decimal(38, 4))
    end as achievement_pct,
    compared.is_current,
    compared.page,
    compared.row_no,
    compared.x0,
    compared.y0,
    compared.x1,
    compared.y1
from compared
inner join names
    on
        compared.indicator_identity_key = names.indicator_identity_key
        and compared.indicator_fold = names.indicator_fold
        and coalesce(compared.level1_identity, '') = coalesce(names.level1_identity, '')
        and coalesce(compared.level2_identity, '') = coalesce(names.level2_identity, '')
        and compared.fiscal_year between names.first_year and names.last_year
inner join units
    on
        compared.unit_durable_key = units.unit_durable_key
        and coalesce(compared.unit_code, '') = coalesce(units.unit_code, '')
        and compared.unit_fold = units.unit_fold
        and compared.fiscal_year between units.valid_from_year and coalesce(units.valid_to_year, 9999)
inner join chains on compared.project_year_key = chains.project_year_key
