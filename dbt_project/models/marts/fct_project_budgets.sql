with projects as (
    select * from {{ ref('int_projects_current') }}
),

amounts as (
    select * from {{ ref('stg_jixiao__amounts') }}
),

chains as (
    select * from {{ ref('int_projects_chained') }}
),

units as (
    select * from {{ ref('int_units_named') }}
)

select
    {{ surrogate_key(['projects.document_key', 'projects.project_no', "coalesce(amounts.amount_kind, 'year')"]) }}
        as budget_key,
    projects.document_key,
    projects.publisher_key,
    units.unit_key,
    chains.project_key,
    projects.category_key,
    projects.fiscal_year,
    projects.document_kind,
    projects.project_no,
    projects.project_name,
    projects.form_title,
    -- a project without an amount keeps a row, so that its goals are not lost
    coalesce(amounts.amount_kind, 'year') as amount_kind,
    amounts.amount_text,
    amounts.amount_yuan,
    projects.overall_goal,
    projects.annual_goal,
    projects.is_current,
    coalesce(amounts.page, projects.page) as page,
    coalesce(amounts.x0, projects.x0) as x0,
    coalesce(amounts.y0, projects.y0) as y0,
    coalesce(amounts.x1, projects.x1) as x1,
    coalesce(amounts.y1, projects.y1) as y1
from projects
left join amounts
    on
        projects.sha256 = amounts.sha256
        and projects.part_no = amounts.part_no
        and projects.project_no = amounts.project_no
inner join chains on projects.project_year_key = chains.project_year_key
inner join units
    on
        projects.unit_durable_key = units.unit_durable_key
        and coalesce(projects.unit_code, '') = coalesce(units.unit_code, '')
        and projects.unit_fold = units.unit_fold
        and projects.fiscal_year between units.valid_from_year and coalesce(units.valid_to_year, 9999)
