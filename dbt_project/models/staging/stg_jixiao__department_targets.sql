with source as (
    select * from {{ staged_rows('department_targets') }}
),

renamed as (
    select
        sha256,
        part_no,
        record_no,
        horizon,
        form_no,
        level1_text,
        level2_text,
        indicator_text,
        weight_text,
        target_text,
        page,
        row_no,
        cast(x0 as double precision) as x0,
        cast(y0 as double precision) as y0,
        cast(x1 as double precision) as x1,
        cast(y1 as double precision) as y1
    from source
)

select * from renamed
