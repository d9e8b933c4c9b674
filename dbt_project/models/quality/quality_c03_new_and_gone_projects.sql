with budgets as (
    select * from {{ changed_rows(ref('yoy_project_budgets')) }}
),

projects as (
    select * from {{ ref('dim_projects') }}
),

joined as (
    select
        budgets.*,
        projects.unit_key
    from budgets
    inner join projects on budgets.project_key = projects.project_key
    where budgets.status in ('added', 'dropped')
)

select
    publisher_key,
    unit_key,
    project_key,
    cast(null as varchar) as indicator_key,
    coalesce(document_key, prior_document_key) as document_key,
    fiscal_year,
    status as subject,
    cast(coalesce(amount_yuan, prior_amount_yuan) as decimal(38, 4)) as figure,
    coalesce(project_name, prior_project_name)
    || case status when 'added' then '：本年新增，上年未公布该项目。' else '：上年有、本年未见，可能取消、并入其他项目或未公布。' end
        as explanation_zh,
    case status
        when 'added'
            then 'New this year; last year it was not published.'
        else 'Published last year and missing this year: ended, merged or not published.'
    end
        as explanation_en
from joined
