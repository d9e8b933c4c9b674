with documents as (
    select * from {{ ref('int_documents_keyed') }}
),

configured as (
    select * from {{ ref('stg_jixiao__publishers') }}
),

-- a publisher is called what its latest document calls it; one without a document, what its file calls it
ranked as (
    select
        *,
        row_number() over (
            partition by publisher_code
            order by fiscal_year desc, effective_on desc, first_seen_at desc, document_key
        ) as printing_no
    from documents
),

printed as (
    select
        publisher_code,
        publisher_name,
        region_code,
        parent_code
    from ranked
    where printing_no = 1
),

named as (
    select * from printed
    union all
    select
        configured.publisher_code,
        configured.publisher_name,
        configured.region_code,
        configured.parent_code
    from configured
    left join printed on configured.publisher_code = printed.publisher_code
    where printed.publisher_code is null
)

select
    {{ surrogate_key(['publisher_code']) }} as publisher_key,
    publisher_code,
    publisher_name,
    region_code,
    case when parent_code is not null then {{ surrogate_key(['parent_code']) }} end as parent_publisher_key
from named
