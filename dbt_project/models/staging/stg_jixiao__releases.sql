with source as (
    select * from {{ source('jixiao', 'releases') }}
),

renamed as (
    select
        release_id,
        published_at,
        source_documents,
        row_counts,
        checksum
    from source
)

select * from renamed
