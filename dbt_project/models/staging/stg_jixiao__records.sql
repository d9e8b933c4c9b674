with source as (
    select * from {{ staged_rows('records') }}
),

renamed as (
    select
        sha256,
        part_no,
        record_no,
        project_no,
        table_no,
        page,
        row_no,
        level1_text,
        level2_text,
        indicator_text,
        sign_text,
        value_text,
        measure_unit_text,
        weight_text,
        score_text,
        actual_text,
        deviation_text,
        cast(x0 as double precision) as x0,
        cast(y0 as double precision) as y0,
        cast(x1 as double precision) as x1,
        cast(y1 as double precision) as y1
    from source
)

select * from renamed
