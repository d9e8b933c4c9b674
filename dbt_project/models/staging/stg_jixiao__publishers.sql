with source as (
    select * from {{ source('jixiao', 'publishers') }}
),

renamed as (
    select
        publisher_code,
        publisher_name,
        region_code,
        parent_code
    from source
)

select * from renamed
