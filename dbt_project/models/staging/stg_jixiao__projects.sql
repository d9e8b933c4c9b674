with source as (
    select * from {{ staged_rows('projects') }}
),

renamed as (
    select
        sha256,
        part_no,
        project_no,
        unit_text,
        department_text,
        project_text,
        project_code_text,
        category_text,
        overall_goal_text,
        annual_goal_text,
        page,
        cast(x0 as double precision) as x0,
        cast(y0 as double precision) as y0,
        cast(x1 as double precision) as x1,
        cast(y1 as double precision) as y1
    from source
)

select * from renamed
