with source as (
    select * from {{ staged_rows('findings') }}
),

renamed as (
    select
        sha256,
        finding_no,
        finding_code,
        page,
        detail
    from source
)

select * from renamed
