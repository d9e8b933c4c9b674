with recursive project_years as (
    select * from {{ ref('int_project_years') }}
),

links as (
    select
        from_key,
        to_key
    from {{ ref('int_project_links_matched') }}
    where is_linked
),

-- a project's first year and every year that links lead to from there
chains (root_key, project_year_key, year_no) as (
    select
        project_years.project_year_key as root_key,
        project_years.project_year_key,
        project_years.year_no
    from project_years
    left join links on project_years.project_year_key = links.to_key
    where
        links.to_key is null
        and project_years.is_current
    union all
    select
        chains.root_key,
        links.to_key as project_year_key,
        chains.year_no + 1 as year_no
    from chains
    inner join links on chains.project_year_key = links.from_key
),

spans as (
    select
        root.publisher_code,
        root.unit_durable_key,
        root.project_identity,
        root.occurrence_no,
        chains.root_key,
        min(chains.year_no) as first_no,
        max(chains.year_no) as last_no
    from chains
    inner join project_years as root on chains.root_key = root.project_year_key
    group by root.publisher_code, root.unit_durable_key, root.project_identity, root.occurrence_no, chains.root_key
),

-- a name that comes back after a gap is the project again; one that stands beside or right after a chain without a link
-- to it is another project
apart as (
    select
        *,
        case
            when
                first_no <= 1 + max(last_no) over (
                    partition by publisher_code, unit_durable_key, project_identity, occurrence_no
                    order by first_no, root_key
                    rows between unbounded preceding and 1 preceding
                )
                then 1
            else 0
        end as is_apart
    from spans
),

numbered as (
    select
        *,
        sum(is_apart) over (
            partition by publisher_code, unit_durable_key, project_identity, occurrence_no
            order by first_no, root_key
            rows unbounded preceding
        ) as namesake_no
    from apart
),

keyed as (
    select
        root_key,
        {{ surrogate_key(['publisher_code', 'unit_durable_key', 'project_identity', 'occurrence_no', 'namesake_no']) }}
            as project_key
    from numbered
)

select
    project_years.project_year_key,
    -- what only a superseded edition printed keeps a key of its own
    coalesce(
        keyed.project_key,
        {{ surrogate_key([
            'project_years.publisher_code',
            'project_years.unit_durable_key',
            'project_years.project_identity',
            'project_years.occurrence_no',
            '0'
        ]) }}
    ) as project_key,
    project_years.publisher_code,
    project_years.fiscal_year,
    project_years.unit_durable_key,
    project_years.project_code,
    project_years.project_name,
    project_years.project_fold,
    project_years.is_current
from project_years
left join chains on project_years.project_year_key = chains.project_year_key
left join keyed on chains.root_key = keyed.root_key
