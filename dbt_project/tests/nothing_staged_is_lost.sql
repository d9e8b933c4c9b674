-- Over all partitions, also where a build was of the changed ones only, so straight from the sources.
-- Every staged amount, target and result stands in its fact exactly once: a join that loses or doubles rows fails here.
with staged as (
    select
        'fct_indicator_targets' as fact,
        count(*) as n_rows
    from {{ source('jixiao', 'targets') }}
    where horizon in ('annual', 'cycle', 'adjusted')
    union all
    select
        'fct_project_budgets' as fact,
        count(*) as n_rows
    from {{ source('jixiao', 'amounts') }}
    union all
    select
        'dim_documents' as fact,
        count(*) as n_rows
    from {{ source('jixiao', 'documents') }}
    union all
    select
        'projects' as fact,
        count(*) as n_rows
    from {{ source('jixiao', 'projects') }}
    union all
    select
        'fct_department_targets' as fact,
        count(*) as n_rows
    from {{ source('jixiao', 'department_targets') }}
    union all
    select
        'document_cross_checks' as fact,
        count(*) as n_rows
    from {{ source('jixiao', 'cross_checks') }}
    union all
    select
        'held_back' as fact,
        count(*) as n_rows
    from {{ source('jixiao', 'held_back') }}
    union all
    select
        'amount' as fact,
        sum(amount_yuan) as n_rows
    from {{ source('jixiao', 'amounts') }}
),

marts as (
    select
        'fct_indicator_targets' as fact,
        count(*) as n_rows
    from {{ ref('fct_indicator_targets') }}
    union all
    select
        'fct_project_budgets' as fact,
        count(amount_yuan) as n_rows
    from {{ ref('fct_project_budgets') }}
    union all
    select
        'dim_documents' as fact,
        count(*) as n_rows
    from {{ ref('dim_documents') }}
    union all
    select
        'projects' as fact,
        count(*) as n_rows
    from (
        select distinct
            document_key,
            project_no
        from {{ ref('fct_project_budgets') }}
    ) as projects
    union all
    select
        'fct_department_targets' as fact,
        count(*) as n_rows
    from {{ ref('fct_department_targets') }}
    union all
    select
        'document_cross_checks' as fact,
        count(*) as n_rows
    from {{ ref('document_cross_checks') }}
    union all
    select
        'held_back' as fact,
        count(*) as n_rows
    from {{ ref('held_back') }}
    where is_document_loaded
    union all
    select
        'amount' as fact,
        sum(amount_yuan) as n_rows
    from {{ ref('fct_project_budgets') }}
)

select
    staged.fact,
    staged.n_rows as staged_rows,
    marts.n_rows as mart_rows
from staged
inner join marts on staged.fact = marts.fact
where staged.n_rows <> marts.n_rows
