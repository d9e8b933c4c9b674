with targets as (
    select * from {{ changed_rows(ref('fct_indicator_targets')) }}
    where is_current and horizon = 'annual'
),

indicators as (
    select * from {{ ref('dim_indicators') }}
),

described as (
    select
        targets.*,
        case
            when indicators.level2_code = '31' and targets.is_percent then coalesce(targets.low, targets.high)
        end as satisfaction
    from targets
    inner join indicators on targets.indicator_key = indicators.indicator_key
)

select
    {{ surrogate_key(['publisher_key', 'unit_key', 'fiscal_year', 'document_kind']) }} as unit_targets_key,
    publisher_key,
    unit_key,
    fiscal_year,
    document_kind,
    cast(count(*) as integer) as targets,
    cast(sum(case when comparator = 'qualitative' then 1 else 0 end) as integer) as qualitative,
    cast(sum(case when is_implicit then 1 else 0 end) as integer) as no_comparator,
    cast(
        sum(case when measure_unit is null and coalesce(low, high) is not null then 1 else 0 end) as integer
    ) as no_measure_unit,
    cast(sum(case when comparator is null then 1 else 0 end) as integer) as unreadable,
    cast(count(satisfaction) as integer) as satisfaction_targets,
    min(satisfaction) as satisfaction_lowest,
    cast(avg(cast(satisfaction as double precision)) as decimal(20, 4)) as satisfaction_mean,
    max(satisfaction) as satisfaction_highest
from described
group by publisher_key, unit_key, fiscal_year, document_kind
