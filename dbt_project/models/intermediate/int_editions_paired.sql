with editions as (
    select * from {{ ref('int_editions_ranked') }}
),

projects as (
    select distinct
        document_key,
        project_year_key
    from {{ ref('int_projects_identified') }}
),

completed as (
    select * from {{ ref('int_documents_completed') }}
),

-- an edition is compared with the latest earlier one that shares a project with it
shared as (
    select distinct
        later.document_key,
        earlier.document_key as prior_document_key,
        earlier.arrival_no,
        earlier.superseded_by_key
    from projects as later_projects
    inner join projects as earlier_projects on later_projects.project_year_key = earlier_projects.project_year_key
    inner join editions as later on later_projects.document_key = later.document_key
    inner join editions as earlier
        on
            earlier_projects.document_key = earlier.document_key
            and later.document_kind = earlier.document_kind
            and later.arrival_no > earlier.arrival_no
),

ranked as (
    select
        document_key,
        prior_document_key,
        coalesce(superseded_by_key = document_key, false) as is_whole,
        row_number() over (
            partition by document_key
            order by arrival_no desc
        ) as choice_no
    from shared
)

select
    ranked.document_key,
    ranked.prior_document_key,
    ranked.is_whole,
    completed.has_all_projects,
    prior_completed.has_all_projects as has_all_prior_projects
from ranked
inner join completed on ranked.document_key = completed.document_key
inner join completed as prior_completed on ranked.prior_document_key = prior_completed.document_key
where ranked.choice_no = 1
