with chains as (
    select * from {{ ref('int_projects_chained') }}
),

printings as (
    select * from {{ ref('int_projects_current') }}
),

units as (
    select * from {{ ref('int_units_named') }}
),

spans as (
    select
        project_key,
        min(fiscal_year) as first_year,
        max(fiscal_year) as last_year,
        max(project_code) as any_project_code
    from chains
    group by project_key
),

-- called and placed as its latest year has it
ranked as (
    select
        chains.project_key,
        chains.project_code,
        chains.project_name,
        printings.publisher_key,
        units.unit_key,
        printings.category_key,
        row_number() over (
            partition by chains.project_key
            order by chains.is_current desc, chains.fiscal_year desc, printings.is_current desc, printings.document_key
        ) as printing_no
    from chains
    inner join printings on chains.project_year_key = printings.project_year_key
    inner join units
        on
            printings.unit_durable_key = units.unit_durable_key
            and coalesce(printings.unit_code, '') = coalesce(units.unit_code, '')
            and printings.unit_fold = units.unit_fold
            and printings.fiscal_year between units.valid_from_year and coalesce(units.valid_to_year, 9999)
)

select
    ranked.project_key,
    ranked.publisher_key,
    ranked.unit_key,
    ranked.category_key,
    coalesce(ranked.project_code, spans.any_project_code) as project_code,
    ranked.project_name,
    spans.first_year,
    spans.last_year
from ranked
inner join spans on ranked.project_key = spans.project_key
where ranked.printing_no = 1
