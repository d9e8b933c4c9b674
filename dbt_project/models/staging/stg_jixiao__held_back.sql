with source as (
    select * from {{ source('jixiao', 'held_back') }}
),

renamed as (
    select
        sha256,
        held_no,
        part_no,
        project_no,
        scope,
        page,
        last_page,
        unit_text,
        project_text,
        reason,
        detail,
        question_key,
        question_kind,
        question_text
    from source
)

select * from renamed
