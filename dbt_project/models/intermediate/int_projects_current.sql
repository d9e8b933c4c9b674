with projects as (
    select * from {{ ref('int_projects_identified') }}
),

editions as (
    select * from {{ ref('int_editions_ranked') }}
),

-- of the printings of one project in one year and kind, the latest edition's counts
latest as (
    select
        projects.project_year_key,
        projects.document_kind,
        max(editions.arrival_no) as arrival_no
    from projects
    inner join editions on projects.document_key = editions.document_key
    group by projects.project_year_key, projects.document_kind
)

select
    projects.*,
    editions.arrival_no = latest.arrival_no and editions.superseded_by_key is null as is_current
from projects
inner join editions on projects.document_key = editions.document_key
inner join latest
    on
        projects.project_year_key = latest.project_year_key
        and projects.document_kind = latest.document_kind
