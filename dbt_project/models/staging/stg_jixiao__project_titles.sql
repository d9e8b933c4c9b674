with source as (
    select * from {{ staged_rows('project_titles') }}
),

renamed as (
    select
        sha256,
        part_no,
        project_no,
        title_text
    from source
)

select * from renamed
