with pairs as (
    select *
    from {{ changed_rows(ref('yoy_indicator_targets')) }}
    where
        horizon = 'annual'
        and target_key is not null
        and prior_target_key is not null
),

targets as (
    select * from {{ changed_rows(ref('fct_indicator_targets')) }}
)

select
    pairs.target_pair_key,
    pairs.publisher_key,
    later.unit_key,
    pairs.project_key,
    pairs.indicator_key,
    later.document_key,
    earlier.document_key as prior_document_key,
    pairs.fiscal_year,
    pairs.project_name,
    pairs.indicator_name,
    pairs.level1_code,
    pairs.level2_code,
    pairs.target_text,
    pairs.prior_target_text,
    pairs.change_class,
    pairs.not_comparable_reason,
    pairs.is_comparator_changed,
    pairs.is_layout_changed,
    later.comparator,
    earlier.comparator as prior_comparator,
    coalesce(later.low, later.high) as level,
    coalesce(earlier.low, earlier.high) as prior_level,
    coalesce(later.measure_unit, '') = coalesce(earlier.measure_unit, '') as is_same_unit,
    later.is_percent
from pairs
inner join targets as later on pairs.target_key = later.target_key
inner join targets as earlier on pairs.prior_target_key = earlier.target_key
