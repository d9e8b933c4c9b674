with source as (
    select * from {{ source('jixiao', 'unloaded_held_back') }}
),

renamed as (
    select
        publication_no,
        held_no,
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
