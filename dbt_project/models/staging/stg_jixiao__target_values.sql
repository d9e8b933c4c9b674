with source as (
    select * from {{ source('jixiao', 'target_values') }}
),

renamed as (
    select
        target_text,
        grammar_version,
        comparator,
        cast(low as decimal(38, 10)) as low,
        cast(high as decimal(38, 10)) as high,
        measure_unit,
        per,
        is_percent,
        value_type,
        is_implicit,
        is_suspect,
        date_low,
        date_high
    from source
),

-- one grammar reads every text: two of them side by side would look like changed targets
current_grammar as (
    select *
    from renamed
    where grammar_version = {{ current_grammar('source') }}
)

select * from current_grammar
