with documents as (
    select * from {{ ref('int_documents_keyed') }}
),

-- a publisher is called what its latest document calls it
ranked as (
    select
        *,
        row_number() over (
            partition by publisher_code
            order by fiscal_year desc, effective_on desc, first_seen_at desc, document_key
        ) as printing_no
    from documents
)

select
    publisher_key,
    publisher_code,
    publisher_name,
    region_code
from ranked
where printing_no = 1
