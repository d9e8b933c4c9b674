with recursive documents as (
    select * from {{ ref('int_documents_keyed') }}
),

projects as (
    select distinct
        document_key,
        project_year_key
    from {{ ref('int_projects_identified') }}
),

sizes as (
    select
        document_key,
        count(*) as projects
    from projects
    group by document_key
),

ordered as (
    select
        document_key,
        publisher_code,
        fiscal_year,
        document_kind,
        row_number() over (
            partition by publisher_code, fiscal_year, document_kind
            order by effective_on, first_seen_at, sha256, part_no
        ) as arrival_no
    from documents
),

-- documents that repeat each other's projects are editions; those that share none are parts of one publication
repeats as (
    select
        earlier.document_key as earlier_key,
        later.document_key as later_key,
        later.arrival_no as later_no,
        count(*) as common_projects
    from projects as earlier_projects
    inner join projects as later_projects on earlier_projects.project_year_key = later_projects.project_year_key
    inner join ordered as earlier on earlier_projects.document_key = earlier.document_key
    inner join ordered as later
        on
            later_projects.document_key = later.document_key
            and earlier.document_kind = later.document_kind
            and earlier.arrival_no < later.arrival_no
    group by earlier.document_key, later.document_key, later.arrival_no
),

judged as (
    select
        repeats.earlier_key,
        repeats.later_key,
        repeats.later_no,
        repeats.common_projects >= {{ var('edition_share') }} * sizes.projects as is_whole
    from repeats
    inner join sizes on repeats.earlier_key = sizes.document_key
),

-- union, not union all: the steps of two ways to the same place count once
steps (document_key, edition_no) as (
    select
        document_key,
        1 as edition_no
    from ordered
    union
    select
        judged.later_key as document_key,
        steps.edition_no + 1 as edition_no
    from steps
    inner join judged on steps.document_key = judged.earlier_key
),

numbered as (
    select
        document_key,
        max(edition_no) as edition_no
    from steps
    group by document_key
),

superseded as (
    select
        earlier_key,
        later_key,
        row_number() over (partition by earlier_key order by later_no) as choice_no
    from judged
    where is_whole
)

select
    ordered.document_key,
    ordered.publisher_code,
    ordered.fiscal_year,
    ordered.document_kind,
    ordered.arrival_no,
    numbered.edition_no,
    superseded.later_key as superseded_by_key
from ordered
inner join numbered on ordered.document_key = numbered.document_key
left join superseded
    on
        ordered.document_key = superseded.earlier_key
        and superseded.choice_no = 1
