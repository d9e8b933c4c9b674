with recursive projects as (
    select * from {{ ref('int_projects_split') }}
),

seen as (
    select
        publisher_code,
        unit_identity_key,
        unit_fold,
        min(unit_code) as unit_code,
        min(fiscal_year) as first_year,
        max(fiscal_year) as last_year
    from projects
    group by publisher_code, unit_identity_key, unit_fold
),

identities as (
    select
        unit_identity_key,
        min(unit_code) as unit_code,
        min(first_year) as first_year,
        max(last_year) as last_year
    from seen
    group by unit_identity_key
),

-- a unit that printed no code in one form and a code in another, or that was given a new code, keeps its name
candidates as (
    select
        child.unit_identity_key,
        parent.unit_identity_key as parent_key,
        child.unit_code is null as is_child_bare,
        rank() over (partition by child.unit_identity_key order by parent_identity.last_year desc) as parent_rank,
        rank() over (
            partition by parent.unit_identity_key, child.unit_code is null
            order by child_identity.first_year
        ) as child_rank
    from seen as child
    inner join seen as parent
        on
            child.publisher_code = parent.publisher_code
            and child.unit_fold = parent.unit_fold
            and child.unit_identity_key <> parent.unit_identity_key
            and parent.unit_code is not null
    inner join identities as child_identity on child.unit_identity_key = child_identity.unit_identity_key
    inner join identities as parent_identity on parent.unit_identity_key = parent_identity.unit_identity_key
    where
        child.unit_code is null
        or (parent_identity.last_year < child_identity.first_year and child.first_year = child_identity.first_year)
),

nearest as (
    select
        *,
        count(*) over (partition by unit_identity_key) as parents,
        count(*) over (partition by parent_key, is_child_bare) as children
    from candidates
    where parent_rank = 1 and child_rank = 1
),

-- where two units could be meant, neither is
parents as (
    select
        unit_identity_key,
        parent_key
    from nearest
    where parents = 1 and (children = 1 or is_child_bare)
),

chains (unit_identity_key, unit_durable_key) as (
    select
        identities.unit_identity_key,
        identities.unit_identity_key as unit_durable_key
    from identities
    left join parents on identities.unit_identity_key = parents.unit_identity_key
    where parents.unit_identity_key is null
    union all
    select
        parents.unit_identity_key,
        chains.unit_durable_key
    from chains
    inner join parents on chains.unit_identity_key = parents.parent_key
)

select
    unit_identity_key,
    unit_durable_key
from chains
