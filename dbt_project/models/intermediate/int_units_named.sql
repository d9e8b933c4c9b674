with projects as (
    select * from {{ ref('int_projects_identified') }}
),

editions as (
    select * from {{ ref('int_editions_ranked') }}
),

-- the last printing of a unit's code and name in a year says how it is written
printed as (
    select
        projects.unit_durable_key,
        projects.unit_code,
        projects.unit_fold,
        projects.unit_name,
        projects.department_code,
        projects.publisher_key,
        projects.is_unit_printed,
        projects.fiscal_year,
        row_number() over (
            partition by projects.unit_durable_key, projects.unit_code, projects.unit_fold, projects.fiscal_year
            order by editions.arrival_no desc, projects.document_key, projects.project_no
        ) as printing_no,
        dense_rank() over (partition by projects.unit_durable_key order by projects.fiscal_year) as unit_year_no
    from projects
    inner join editions on projects.document_key = editions.document_key
),

yearly as (
    select
        *,
        -- years in a row under one code and name share the difference
        unit_year_no - row_number() over (
            partition by unit_durable_key, unit_code, unit_fold
            order by fiscal_year
        ) as period
    from printed
    where printing_no = 1
),

periods as (
    select
        unit_durable_key,
        unit_code,
        unit_fold,
        period,
        min(fiscal_year) as first_year,
        max(fiscal_year) as last_year
    from yearly
    group by unit_durable_key, unit_code, unit_fold, period
),

numbered as (
    select
        *,
        row_number() over (partition by unit_durable_key, unit_code, unit_fold order by first_year) as period_no,
        max(last_year) over (partition by unit_durable_key) as unit_last_year
    from periods
)

select
    {{ surrogate_key(['numbered.unit_durable_key', 'numbered.unit_code', 'numbered.unit_fold', 'numbered.period_no']) }}
        as unit_key,
    numbered.unit_durable_key,
    numbered.unit_code,
    numbered.unit_fold,
    yearly.unit_name,
    yearly.department_code,
    yearly.publisher_key,
    yearly.is_unit_printed,
    numbered.first_year as valid_from_year,
    case when numbered.last_year < numbered.unit_last_year then numbered.last_year end as valid_to_year,
    numbered.last_year = numbered.unit_last_year as is_current
from numbered
inner join yearly
    on
        numbered.unit_durable_key = yearly.unit_durable_key
        and coalesce(numbered.unit_code, '') = coalesce(yearly.unit_code, '')
        and numbered.unit_fold = yearly.unit_fold
        and numbered.last_year = yearly.fiscal_year
