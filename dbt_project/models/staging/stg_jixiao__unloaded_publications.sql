with source as (
    select * from {{ source('jixiao', 'unloaded_publications') }}
),

renamed as (
    select
        publication_no,
        source_url,
        sha256,
        publisher_code,
        fiscal_year,
        document_kind,
        state,
        reason
    from source
)

select * from renamed
