with targets as (
    select
        *,
        row_number() over (
            partition by department_key, fiscal_year, document_kind, horizon, indicator_bare
            order by document_key, record_no
        ) as occurrence_no
    from {{ ref('int_department_targets_valued') }}
    where is_current and horizon in ('annual', 'cycle', 'adjusted')
),

published as (
    select distinct
        department_key,
        fiscal_year,
        document_kind
    from targets
),

-- like with like: the plan of one year is not compared with the report of another
years as (
    select
        later.department_key,
        later.fiscal_year,
        later.document_kind,
        row_number() over (
            partition by later.department_key, later.fiscal_year
            order by {{ kind_rank('later.document_kind') }}
        ) as choice_no
    from published as later
    inner join published as earlier
        on
            later.department_key = earlier.department_key
            and later.document_kind = earlier.document_kind
            and later.fiscal_year - 1 = earlier.fiscal_year
),

later as (
    select targets.*
    from targets
    inner join years
        on
            targets.department_key = years.department_key
            and targets.fiscal_year = years.fiscal_year
            and targets.document_kind = years.document_kind
            and years.choice_no = 1
),

earlier as (
    select
        targets.*,
        years.fiscal_year as next_year
    from targets
    inner join years
        on
            targets.department_key = years.department_key
            and targets.fiscal_year = years.fiscal_year - 1
            and targets.document_kind = years.document_kind
            and years.choice_no = 1
),

paired as (
    select
        coalesce(later.department_key, earlier.department_key) as department_key,
        coalesce(later.fiscal_year, earlier.next_year) as fiscal_year,
        coalesce(later.document_kind, earlier.document_kind) as document_kind,
        later.target_key,
        earlier.target_key as prior_target_key
    from later
    full outer join earlier
        on
            later.department_key = earlier.department_key
            and later.fiscal_year = earlier.next_year
            and later.horizon = earlier.horizon
            and later.indicator_bare = earlier.indicator_bare
            and later.occurrence_no = earlier.occurrence_no
)

select
    {{ surrogate_key(['department_key', 'fiscal_year', 'target_key', 'prior_target_key']) }} as target_pair_key,
    department_key,
    fiscal_year,
    document_kind,
    target_key,
    prior_target_key
from paired
