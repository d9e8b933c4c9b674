with projects as (
    select * from {{ ref('int_projects_current') }}
),

published_years as (
    select distinct
        publisher_code,
        fiscal_year
    from projects
),

numbered_years as (
    select
        publisher_code,
        fiscal_year,
        row_number() over (partition by publisher_code order by fiscal_year) as year_no
    from published_years
),

printed as (
    select
        *,
        row_number() over (
            partition by project_year_key
            -- a plan names a project better than a report of it
            order by
                is_current desc,
                {{ kind_rank('document_kind') }},
                document_key, project_no
        ) as printing_no,
        max(case when is_current then 1 else 0 end) over (partition by project_year_key) as has_current
    from projects
),

chosen as (
    select
        printed.project_year_key,
        printed.publisher_code,
        printed.fiscal_year,
        numbered_years.year_no,
        printed.unit_durable_key,
        printed.project_code,
        printed.project_name,
        printed.project_fold,
        printed.project_identity,
        printed.occurrence_no,
        {{ strip_project_suffix('printed.project_fold') }} as project_stripped,
        printed.has_current = 1 as is_current
    from printed
    inner join numbered_years
        on
            printed.publisher_code = numbered_years.publisher_code
            and printed.fiscal_year = numbered_years.fiscal_year
    where printed.printing_no = 1
)

select
    *,
    {{ reorder_project_name('project_stripped') }} as project_reordered
from chosen
