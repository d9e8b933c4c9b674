{#- Any two fiscal years beside each other, neighbours or not: one row per project, indicator and horizon that at least
    one of them has, with the same verdict as yoy_indicator_targets. A project is followed by its durable key, an
    indicator by its code or folded name. Publishers that did not publish both years are left out.

      dbt show --inline "{{ compare_years(2022, 2025) }}"
      dbt compile --select compare_years --vars '{from_year: 2022, to_year: 2025}'
-#}
{% macro compare_years(from_year, to_year) -%}
with current_targets as (
    select
        targets.*,
        {{ fold_text('targets.target_text') }} as target_fold,
        projects.project_name,
        indicators.indicator_durable_key,
        indicators.indicator_code,
        indicators.indicator_name,
        row_number() over (
            partition by
                targets.project_key, targets.fiscal_year, targets.document_kind, targets.horizon,
                indicators.indicator_durable_key
            order by targets.document_key, targets.record_no
        ) as occurrence_no
    from {{ ref('fct_indicator_targets') }} as targets
    inner join {{ ref('dim_projects') }} as projects on targets.project_key = projects.project_key
    inner join {{ ref('dim_indicators') }} as indicators on targets.indicator_key = indicators.indicator_key
    where
        targets.is_current
        and targets.fiscal_year in ({{ from_year }}, {{ to_year }})
),

both_published as (
    select
        publisher_key,
        min({{ kind_rank('document_kind') }}) as kind_rank
    from (
        select
            publisher_key,
            document_kind
        from current_targets
        group by publisher_key, document_kind
        having count(distinct fiscal_year) = 2
    ) as kinds
    group by publisher_key
),

chosen as (
    select current_targets.*
    from current_targets
    inner join both_published
        on
            current_targets.publisher_key = both_published.publisher_key
            and {{ kind_rank('current_targets.document_kind') }} = both_published.kind_rank
),

-- who was published in a year, and of whom a project of that year is held back
printed_projects as (
    select distinct
        project_key,
        fiscal_year
    from chosen
),

incomplete as (
    select distinct
        publisher_key,
        fiscal_year
    from {{ ref('dim_documents') }}
    where
        is_current
        and not is_complete
),

year_pairs as (
    select
        {{ surrogate_key(['later.target_key', 'earlier.target_key']) }} as target_pair_key,
        later.target_key,
        earlier.target_key as prior_target_key,
        coalesce(later.publisher_key, earlier.publisher_key) as publisher_key,
        coalesce(later.project_key, earlier.project_key) as project_key,
        coalesce(later.project_name, earlier.project_name) as project_name,
        coalesce(later.indicator_code, earlier.indicator_code) as indicator_code,
        coalesce(later.indicator_name, earlier.indicator_name) as indicator_name,
        coalesce(later.horizon, earlier.horizon) as horizon,
        later.target_text,
        earlier.target_text as prior_target_text
    from (select * from chosen where fiscal_year = {{ to_year }}) as later
    full outer join (select * from chosen where fiscal_year = {{ from_year }}) as earlier
        on
            later.project_key = earlier.project_key
            and later.horizon = earlier.horizon
            and later.indicator_durable_key = earlier.indicator_durable_key
            and later.occurrence_no = earlier.occurrence_no
),

verdicts as (
{{ compare_targets('year_pairs', 'chosen', ref('dim_documents')) | indent(4, true) }}
)

select
    {{ from_year }} as from_year,
    {{ to_year }} as to_year,
    year_pairs.*,
    case
        when verdicts.change_class = 'new' and prior_project.project_key is null and unread_before.publisher_key is not null
            then 'unread'
        when verdicts.change_class = 'dropped' and project.project_key is null and unread_now.publisher_key is not null
            then 'unread'
        else verdicts.change_class
    end as change_class,
    verdicts.not_comparable_reason,
    verdicts.delta,
    verdicts.delta_pct,
    verdicts.delta_unit,
    verdicts.stringency
from year_pairs
inner join verdicts on year_pairs.target_pair_key = verdicts.target_pair_key
left join printed_projects as project
    on
        year_pairs.project_key = project.project_key
        and project.fiscal_year = {{ to_year }}
left join printed_projects as prior_project
    on
        year_pairs.project_key = prior_project.project_key
        and prior_project.fiscal_year = {{ from_year }}
left join incomplete as unread_now
    on
        year_pairs.publisher_key = unread_now.publisher_key
        and unread_now.fiscal_year = {{ to_year }}
left join incomplete as unread_before
    on
        year_pairs.publisher_key = unread_before.publisher_key
        and unread_before.fiscal_year = {{ from_year }}
{%- endmacro %}
