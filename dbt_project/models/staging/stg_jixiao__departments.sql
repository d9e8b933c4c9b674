with source as (
    select * from {{ staged_rows('departments') }}
),

renamed as (
    select
        sha256,
        part_no,
        form_no,
        title_text,
        unit_text,
        department_text,
        overall_goal_text,
        annual_goal_text,
        amount_text,
        cast(amount_yuan as decimal(20, 2)) as amount_yuan,
        page,
        cast(x0 as double precision) as x0,
        cast(y0 as double precision) as y0,
        cast(x1 as double precision) as x1,
        cast(y1 as double precision) as y1
    from source
)

select * from renamed
