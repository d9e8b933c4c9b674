with budgets as (
    select * from {{ changed_rows(ref('fct_project_budgets')) }}
),

targets as (
    select * from {{ ref('quality_targets') }}
),

counted as (
    select
        document_key,
        project_key,
        count(*) as targets
    from targets
    where horizon = 'annual'
    group by document_key, project_key
),

joined as (
    select
        budgets.*,
        coalesce(counted.targets, 0) as targets,
        -- exact: so many yuan are so many percent of a hundred targets
        {{ percent_of('budgets.amount_yuan', 'cast(100 * nullif(counted.targets, 0) as decimal(26, 2))') }}
            as yuan_per_target
    from budgets
    left join counted
        on
            budgets.document_key = counted.document_key
            and budgets.project_key = counted.project_key
    where
        budgets.is_current
        and budgets.amount_kind = 'year'
        and budgets.document_kind <> 'self_evaluation'
)

select
    {{ finding_keys('publisher_key', 'unit_key', 'project_key', 'document_key') }},
    '' as subject,
    cast(coalesce(yuan_per_target, amount_yuan) as decimal(38, 4)) as figure,
    project_name || '：预算' || {{ plain_number('amount_yuan') }} || '元，仅有'
    || cast(targets as varchar) || '项年度指标。'
        as explanation_zh,
    {{ plain_number('amount_yuan') }} || ' yuan stand behind ' || cast(targets as varchar)
    || ' annual targets.'
        as explanation_en
from joined
where
    coalesce(yuan_per_target, amount_yuan) >= {{ var('c19_yuan_per_target') }}
