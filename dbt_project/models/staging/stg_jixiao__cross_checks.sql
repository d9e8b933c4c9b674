with source as (
    select * from {{ staged_rows('cross_checks') }}
),

renamed as (
    select
        sha256,
        check_no,
        check_kind,
        page,
        project_page,
        project_text,
        expected_text,
        printed_text,
        is_agreeing
    from source
)

select * from renamed
