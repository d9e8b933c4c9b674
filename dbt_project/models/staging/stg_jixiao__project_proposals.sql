with source as (
    select * from {{ staged_rows('project_proposals', 'publisher_code') }}
),

renamed as (
    select
        publisher_code,
        from_year,
        to_year,
        from_sha256,
        from_part_no,
        from_project_no,
        to_sha256,
        to_part_no,
        to_project_no,
        name_similarity,
        indicator_share,
        target_share,
        amount_similarity,
        is_same_category,
        score
    from source
)

select * from renamed
