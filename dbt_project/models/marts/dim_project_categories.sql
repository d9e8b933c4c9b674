with projects as (
    select * from {{ ref('int_projects_identified') }}
),

ranked as (
    select
        category_key,
        category_code,
        category_name,
        code_scope,
        row_number() over (
            partition by category_key
            order by fiscal_year desc, document_key, project_no
        ) as printing_no
    from projects
    where category_key is not null
)

select
    category_key,
    category_code,
    category_name,
    code_scope
from ranked
where printing_no = 1
