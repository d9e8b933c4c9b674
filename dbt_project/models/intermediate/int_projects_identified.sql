with projects as (
    select * from {{ ref('int_projects_split') }}
),

units as (
    select * from {{ ref('int_units_resolved') }}
),

-- some forms of a year print a project's code and some do not
coded as (
    select
        projects.*,
        units.unit_durable_key,
        coalesce(
            projects.printed_project_code,
            max(projects.printed_project_code) over (
                partition by
                    projects.publisher_code, projects.fiscal_year, units.unit_durable_key, projects.project_fold
            )
        ) as project_code
    from projects
    inner join units on projects.unit_identity_key = units.unit_identity_key
),

identified as (
    select
        *,
        coalesce('#' || project_code, project_fold) as project_identity
    from coded
),

-- two projects of one name in one unit are two projects
numbered as (
    select
        *,
        row_number() over (
            partition by document_key, unit_durable_key, project_identity
            order by project_no
        ) as occurrence_no
    from identified
)

select
    {{ surrogate_key(['publisher_code', 'fiscal_year', 'unit_durable_key', 'project_identity', 'occurrence_no']) }}
        as project_year_key,
    *
from numbered
