with source as (
    select * from {{ staged_rows('documents') }}
),

renamed as (
    select
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
    from source
)

select * from renamed
