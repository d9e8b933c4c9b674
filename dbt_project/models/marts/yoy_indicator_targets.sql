with pairs as (
    select * from {{ ref('int_indicators_paired') }}
),

comparisons as (
    select * from {{ ref('int_targets_compared') }}
),

projects as (
    select * from {{ ref('int_projects_paired') }}
),

targets as (
    select * from {{ ref('int_targets_valued') }}
)

select
    pairs.target_pair_key,
    projects.project_pair_key,
    projects.publisher_key,
    projects.project_key,
    coalesce(later.indicator_key, earlier.indicator_key) as indicator_key,
    earlier.indicator_key as prior_indicator_key,
    pairs.target_key,
    pairs.prior_target_key,
    projects.fiscal_year,
    projects.document_kind,
    coalesce(projects.unit_name, projects.prior_unit_name) as unit_name,
    coalesce(projects.project_name, projects.prior_project_name) as project_name,
    projects.prior_project_name,
    projects.status as project_status,
    projects.match_method as project_match_method,
    projects.match_score as project_match_score,
    coalesce(later.indicator_code, earlier.indicator_code) as indicator_code,
    coalesce(later.indicator_name, earlier.indicator_name) as indicator_name,
    earlier.indicator_code as prior_indicator_code,
    earlier.indicator_name as prior_indicator_name,
    pairs.match_method as indicator_match_method,
    coalesce(later.level1_code, earlier.level1_code) as level1_code,
    coalesce(later.level2_code, earlier.level2_code) as level2_code,
    coalesce(later.horizon, earlier.horizon) as horizon,
    later.target_text,
    earlier.target_text as prior_target_text,
    case when projects.status = 'unread' then 'unread' else comparisons.change_class end as change_class,
    comparisons.not_comparable_reason,
    comparisons.delta,
    comparisons.delta_pct,
    comparisons.delta_unit,
    comparisons.stringency,
    comparisons.is_comparator_changed,
    comparisons.is_layout_changed
from pairs
inner join comparisons on pairs.target_pair_key = comparisons.target_pair_key
inner join projects on pairs.project_pair_key = projects.project_pair_key
left join targets as later on pairs.target_key = later.target_key
left join targets as earlier on pairs.prior_target_key = earlier.target_key
