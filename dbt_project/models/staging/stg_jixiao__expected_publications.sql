with source as (
    select * from {{ source('jixiao', 'expected_publications') }}
),

renamed as (
    select
        publisher_code,
        fiscal_year,
        document_kind,
        expected,
        due_on,
        as_of
    from source
)

select * from renamed
