with held_back as (
    select * from {{ ref('stg_jixiao__held_back') }}
),

documents as (
    select * from {{ ref('dim_documents') }}
),

publishers as (
    select * from {{ ref('dim_publishers') }}
),

unloaded as (
    select unloaded.*
    from {{ ref('stg_jixiao__unloaded_publications') }} as unloaded
    -- a loaded document that is being read again is still loaded
    left join documents on unloaded.sha256 = documents.sha256
    where
        documents.sha256 is null
        and unloaded.state = 'refused'
),

unloaded_held as (
    select * from {{ ref('stg_jixiao__unloaded_held_back') }}
),

first_parts as (
    select
        sha256,
        min(part_no) as part_no
    from documents
    group by sha256
),

-- what is of no part that is loaded stands with the first one
of_loaded as (
    select
        held_back.*,
        documents.document_key,
        documents.publisher_key,
        documents.fiscal_year,
        documents.document_kind,
        documents.source_url,
        documents.is_current
    from held_back
    inner join first_parts on held_back.sha256 = first_parts.sha256
    left join documents as own_part
        on
            held_back.sha256 = own_part.sha256
            and held_back.part_no = own_part.part_no
    inner join documents
        on
            first_parts.sha256 = documents.sha256
            and coalesce(own_part.part_no, first_parts.part_no) = documents.part_no
),

gathered as (
    select
        document_key,
        publisher_key,
        fiscal_year,
        document_kind,
        sha256,
        source_url,
        held_no,
        true as is_document_loaded,
        is_current,
        scope,
        page,
        last_page,
        unit_text as unit_name,
        project_text as project_name,
        reason,
        detail,
        question_key,
        question_kind,
        question_text
    from of_loaded
    union all
    -- a refused document whose projects have no reasons of their own is one row
    select
        cast(null as varchar) as document_key,
        publishers.publisher_key,
        unloaded.fiscal_year,
        unloaded.document_kind,
        unloaded.sha256,
        unloaded.source_url,
        unloaded_held.held_no,
        false as is_document_loaded,
        true as is_current,
        coalesce(unloaded_held.scope, 'document') as scope,
        unloaded_held.page,
        unloaded_held.last_page,
        unloaded_held.unit_text as unit_name,
        unloaded_held.project_text as project_name,
        coalesce(unloaded_held.reason, unloaded.reason) as reason,
        unloaded_held.detail,
        unloaded_held.question_key,
        unloaded_held.question_kind,
        unloaded_held.question_text
    from unloaded
    left join publishers on unloaded.publisher_code = publishers.publisher_code
    left join unloaded_held on unloaded.publication_no = unloaded_held.publication_no
)

select
    {{ surrogate_key(['source_url', 'sha256', 'held_no']) }} as held_back_key,
    *
from gathered
