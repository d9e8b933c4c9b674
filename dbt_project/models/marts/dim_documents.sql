with documents as (
    select * from {{ ref('int_documents_keyed') }}
),

editions as (
    select * from {{ ref('int_editions_ranked') }}
),

projects as (
    select * from {{ ref('int_projects_current') }}
),

completed as (
    select * from {{ ref('int_documents_completed') }}
),

counted as (
    select
        document_key,
        count(*) as project_count,
        sum(case when is_current then 1 else 0 end) as current_projects
    from projects
    group by document_key
)

select
    documents.document_key,
    documents.publisher_key,
    editions.superseded_by_key,
    documents.sha256,
    documents.part_no,
    documents.title,
    documents.fiscal_year,
    documents.document_kind,
    editions.edition_no,
    -- a document without a project counts until an edition of it arrives
    coalesce(counted.current_projects, 1) > 0 as is_current,
    coalesce(counted.current_projects > 0 and counted.current_projects < counted.project_count, false)
        as is_partly_superseded,
    documents.published_on,
    documents.first_seen_at,
    documents.source_url,
    documents.page_count,
    documents.record_count,
    cast(coalesce(counted.project_count, 0) as integer) as project_count,
    cast(coalesce(counted.current_projects, 0) as integer) as current_project_count,
    completed.held_projects,
    completed.is_complete,
    documents.layout,
    documents.headers,
    documents.layout_fingerprint,
    documents.reader,
    documents.reader_count,
    documents.reader_version
from documents
inner join editions on documents.document_key = editions.document_key
inner join completed on documents.document_key = completed.document_key
left join counted on documents.document_key = counted.document_key
