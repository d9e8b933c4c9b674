with documents as (
    select * from {{ ref('stg_jixiao__documents') }}
)

select
    {{ surrogate_key(['sha256', 'part_no']) }} as document_key,
    {{ surrogate_key(['publisher_code']) }} as publisher_key,
    -- codes are local to a region; where that is not known, to a publisher
    coalesce(region_code, publisher_code) as code_scope,
    coalesce(published_on, cast(first_seen_at as date)) as effective_on,
    sha256,
    part_no,
    publisher_code,
    publisher_name,
    region_code,
    title,
    fiscal_year,
    document_kind,
    page_count,
    record_count,
    layout,
    headers,
    layout_fingerprint,
    reader,
    reader_count,
    reader_version,
    source_url,
    published_on,
    first_seen_at,
    parent_code,
    parent_name
from documents
