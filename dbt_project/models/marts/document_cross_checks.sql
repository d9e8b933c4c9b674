with checks as (
    select * from {{ ref('stg_jixiao__cross_checks') }}
),

documents as (
    select * from {{ ref('int_documents_keyed') }}
),

-- a check is of a file; of a file with several parts, the first one stands for it
first_parts as (
    select
        sha256,
        min(part_no) as part_no
    from documents
    group by sha256
)

select
    {{ surrogate_key(['checks.sha256', 'checks.check_no']) }} as cross_check_key,
    documents.document_key,
    documents.publisher_key,
    documents.fiscal_year,
    checks.sha256,
    checks.check_no,
    checks.check_kind,
    checks.project_text as project_name,
    checks.project_page,
    checks.expected_text,
    checks.page,
    checks.printed_text,
    checks.is_agreeing
from checks
inner join first_parts on checks.sha256 = first_parts.sha256
inner join documents
    on
        first_parts.sha256 = documents.sha256
        and first_parts.part_no = documents.part_no
