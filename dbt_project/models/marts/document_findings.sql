with findings as (
    select * from {{ ref('stg_jixiao__findings') }}
),

documents as (
    select * from {{ ref('int_documents_keyed') }}
),

-- a finding is of a file; of a file with several parts, the first one stands for it
first_parts as (
    select
        sha256,
        min(part_no) as part_no
    from documents
    group by sha256
)

select
    {{ surrogate_key(['findings.sha256', 'findings.finding_no']) }} as document_finding_key,
    documents.document_key,
    documents.publisher_key,
    documents.fiscal_year,
    findings.sha256,
    findings.finding_no,
    findings.finding_code,
    findings.page,
    findings.detail
from findings
inner join first_parts on findings.sha256 = first_parts.sha256
inner join documents
    on
        first_parts.sha256 = documents.sha256
        and first_parts.part_no = documents.part_no
