with targets as (
    select * from {{ ref('stg_jixiao__targets') }}
),

target_values as (
    select * from {{ ref('int_target_values_folded') }}
),

indicators as (
    select * from {{ ref('int_indicators_identified') }}
),

names as (
    select * from {{ ref('int_indicators_named') }}
),

units as (
    select * from {{ ref('int_units_named') }}
),

chains as (
    select * from {{ ref('int_projects_chained') }}
)

select
    {{ surrogate_key(['indicators.record_key', 'targets.horizon']) }} as target_key,
    indicators.record_key,
    indicators.document_key,
    indicators.publisher_key,
    units.unit_key,
    chains.project_key,
    names.indicator_key,
    indicators.indicator_identity_key,
    indicators.project_year_key,
    indicators.project_no,
    indicators.record_no,
    indicators.document_kind,
    indicators.fiscal_year,
    indicators.indicator_code,
    indicators.indicator_name,
    indicators.indicator_fold,
    indicators.level1_code,
    indicators.level2_code,
    indicators.form_title,
    targets.horizon,
    targets.target_text,
    target_values.target_fold,
    target_values.target_fingerprint,
    {{ target_value_columns('target_values') }},
    indicators.is_current,
    targets.page,
    indicators.row_no,
    targets.x0,
    targets.y0,
    targets.x1,
    targets.y1
from targets
inner join indicators
    on
        targets.sha256 = indicators.sha256
        and targets.part_no = indicators.part_no
        and targets.record_no = indicators.record_no
inner join names
    on
        indicators.indicator_identity_key = names.indicator_identity_key
        and indicators.indicator_fold = names.indicator_fold
        and coalesce(indicators.level1_identity, '') = coalesce(names.level1_identity, '')
        and coalesce(indicators.level2_identity, '') = coalesce(names.level2_identity, '')
        and indicators.fiscal_year between names.first_year and names.last_year
inner join units
    on
        indicators.unit_durable_key = units.unit_durable_key
        and coalesce(indicators.unit_code, '') = coalesce(units.unit_code, '')
        and indicators.unit_fold = units.unit_fold
        and indicators.fiscal_year between units.valid_from_year and coalesce(units.valid_to_year, 9999)
inner join chains on indicators.project_year_key = chains.project_year_key
left join target_values on targets.target_text = target_values.target_text
