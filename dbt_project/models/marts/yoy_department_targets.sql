with pairs as (
    select * from {{ ref('int_department_targets_paired') }}
),

comparisons as (
    select * from {{ ref('int_department_targets_compared') }}
),

targets as (
    select * from {{ ref('int_department_targets_valued') }}
)

select
    pairs.target_pair_key as department_pair_key,
    coalesce(later.publisher_key, earlier.publisher_key) as publisher_key,
    pairs.department_key,
    pairs.target_key as department_target_key,
    pairs.prior_target_key as prior_department_target_key,
    pairs.fiscal_year,
    pairs.document_kind,
    coalesce(later.department_name, earlier.department_name) as department_name,
    coalesce(later.indicator_code, earlier.indicator_code) as indicator_code,
    coalesce(later.indicator_name, earlier.indicator_name) as indicator_name,
    coalesce(later.level1_code, earlier.level1_code) as level1_code,
    coalesce(later.level2_code, earlier.level2_code) as level2_code,
    coalesce(later.horizon, earlier.horizon) as horizon,
    later.target_text,
    earlier.target_text as prior_target_text,
    comparisons.change_class,
    comparisons.not_comparable_reason,
    comparisons.delta,
    comparisons.delta_pct,
    comparisons.delta_unit,
    comparisons.stringency,
    comparisons.is_comparator_changed,
    comparisons.is_layout_changed
from pairs
inner join comparisons on pairs.target_pair_key = comparisons.target_pair_key
left join targets as later on pairs.target_key = later.target_key
left join targets as earlier on pairs.prior_target_key = earlier.target_key
