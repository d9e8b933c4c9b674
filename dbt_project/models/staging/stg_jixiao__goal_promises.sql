with source as (
    select * from {{ source('jixiao', 'goal_promises') }}
),

renamed as (
    select
        goal_text,
        grammar_version,
        promise_no,
        promise_text,
        comparator,
        cast(low as decimal(38, 10)) as low,
        cast(high as decimal(38, 10)) as high,
        measure_unit,
        per
    from source
),

-- number 0 only says that the text was read
current_grammar as (
    select *
    from renamed
    where
        promise_no > 0
        and grammar_version = {{ current_grammar('source') }}
)

select * from current_grammar
