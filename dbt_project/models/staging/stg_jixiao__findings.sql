with source as (
    select * from {{ source('jixiao', 'findings') }}
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
