with editions as (
    select * from {{ ref('int_editions_ranked') }}
),

projects as (
    select distinct
        document_key,
        project_year_key
    from {{ ref('int_projects_identified') }}
),

-- an edition is compared with the latest earlier one that shares a project with it
shared as (
    select
        later.document_key,
        earlier.document_key as prior_document_key,
        earlier.superseded_by_key = later.document_key as is_whole,
        row_number() over (
            partition by later.document_key
            order by earlier.arrival_no desc
        ) as choice_no
    from editions as later
    inner join editions as earlier
        on
            later.publisher_code = earlier.publisher_code
            and later.fiscal_year = earlier.fiscal_year
            and later.document_kind = earlier.document_kind
            and later.arrival_no > earlier.arrival_no
    where
        later.edition_no > 1
        and exists (
            select 1
            from projects as later_projects
            inner join projects as earlier_projects
                on later_projects.project_year_key = earlier_projects.project_year_key
            where
                later_projects.document_key = later.document_key
                and earlier_projects.document_key = earlier.document_key
        )
)

select
    document_key,
    prior_document_key,
    coalesce(is_whole, false) as is_whole
from shared
where choice_no = 1
