with releases as (
    select * from {{ ref('stg_jixiao__releases') }}
)

select
    release_id,
    published_at,
    source_documents,
    row_counts,
    checksum
from releases
