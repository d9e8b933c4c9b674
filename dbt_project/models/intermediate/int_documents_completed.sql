with documents as (
    select * from {{ ref('int_documents_keyed') }}
),

held_back as (
    select * from {{ ref('stg_jixiao__held_back') }}
),

first_parts as (
    select
        sha256,
        min(part_no) as part_no
    from documents
    group by sha256
),

-- what is of no part that is loaded may be of any of them; the first one counts it
placed as (
    select
        held_back.*,
        own_part.document_key as own_key,
        first_parts.part_no as counting_no
    from held_back
    inner join first_parts on held_back.sha256 = first_parts.sha256
    left join documents as own_part
        on
            held_back.sha256 = own_part.sha256
            and held_back.part_no = own_part.part_no
),

summed as (
    select
        documents.document_key,
        sum(case when placed.scope = 'project' then 1 else 0 end) as near_projects,
        sum(
            case
                when
                    placed.scope = 'project'
                    and (placed.own_key is not null or documents.part_no = placed.counting_no)
                    then 1
                else 0
            end
        ) as held_projects,
        count(*) as near_forms
    from documents
    inner join placed
        on
            documents.sha256 = placed.sha256
            and (documents.document_key = placed.own_key or placed.own_key is null)
    group by documents.document_key
)

select
    documents.document_key,
    documents.publisher_code,
    documents.fiscal_year,
    documents.document_kind,
    cast(coalesce(summed.held_projects, 0) as integer) as held_projects,
    coalesce(summed.near_projects, 0) = 0 as has_all_projects,
    coalesce(summed.near_forms, 0) = 0 as is_complete
from documents
left join summed on documents.document_key = summed.document_key
