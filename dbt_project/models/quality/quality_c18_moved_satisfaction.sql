with targets as (
    select * from {{ ref('quality_targets') }}
),

units as (
    select * from {{ ref('dim_units') }}
),

thresholds as (
    select
        targets.publisher_key,
        units.unit_durable_key,
        targets.fiscal_year,
        max(targets.unit_key) as unit_key,
        max(units.unit_name) as unit_name,
        max(targets.document_key) as document_key,
        count(*) as targets,
        cast(avg(cast(targets.level as double precision)) as decimal(20, 4)) as mean_level
    from targets
    inner join units on targets.unit_key = units.unit_key
    where
        targets.horizon = 'annual'
        and targets.level2_code = '31'
        and targets.is_percent
        and targets.level is not null
    group by targets.publisher_key, units.unit_durable_key, targets.fiscal_year
),

moved as (
    select
        later.*,
        earlier.mean_level as prior_mean_level,
        later.mean_level - earlier.mean_level as moved_points
    from thresholds as later
    inner join thresholds as earlier
        on
            later.unit_durable_key = earlier.unit_durable_key
            and later.publisher_key = earlier.publisher_key
            and later.fiscal_year - 1 = earlier.fiscal_year
)

select
    {{ finding_keys('publisher_key', 'unit_key', 'document_key') }},
    '' as subject,
    cast(moved_points as decimal(38, 4)) as figure,
    unit_name || '：满意度指标平均要求由' || {{ plain_number('prior_mean_level') }} || '%变为'
    || {{ plain_number('mean_level') }} || '%。'
        as explanation_zh,
    'The mean satisfaction threshold went from ' || {{ plain_number('prior_mean_level') }}
    || ' % to ' || {{ plain_number('mean_level') }} || ' %.'
        as explanation_en
from moved
where
    abs(moved_points) >= {{ var('c18_points') }}
