with documents as (
    select * from {{ ref('int_documents_keyed') }}
),

published as (
    select distinct
        publisher_code,
        publisher_key,
        fiscal_year,
        document_kind,
        {{ kind_rank('document_kind') }} as kind_rank
    from documents
),

-- like with like: the plan of one year is not compared with the report of another
pairs as (
    select
        later.publisher_code,
        later.publisher_key,
        later.fiscal_year,
        later.document_kind,
        row_number() over (
            partition by later.publisher_code, later.fiscal_year
            order by later.kind_rank
        ) as choice_no
    from published as later
    inner join published as earlier
        on
            later.publisher_code = earlier.publisher_code
            and later.document_kind = earlier.document_kind
            and later.fiscal_year - 1 = earlier.fiscal_year
)

select
    publisher_code,
    publisher_key,
    fiscal_year,
    fiscal_year - 1 as prior_year,
    document_kind
from pairs
where choice_no = 1
