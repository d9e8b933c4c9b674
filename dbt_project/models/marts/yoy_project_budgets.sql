with pairs as (
    select * from {{ ref('int_projects_paired') }}
),

projects as (
    select * from {{ ref('int_projects_current') }}
),

amounts as (
    select *
    from {{ ref('stg_jixiao__amounts') }}
    -- a total over all years is never compared with one year's money
    where amount_kind = 'year'
),

yearly as (
    select
        projects.document_key,
        projects.project_no,
        amounts.amount_yuan
    from projects
    inner join amounts
        on
            projects.sha256 = amounts.sha256
            and projects.part_no = amounts.part_no
            and projects.project_no = amounts.project_no
),

joined as (
    select
        pairs.*,
        later.amount_yuan,
        earlier.amount_yuan as prior_amount_yuan,
        cast(later.amount_yuan - earlier.amount_yuan as decimal(20, 2)) as delta_yuan
    from pairs
    left join yearly as later
        on
            pairs.document_key = later.document_key
            and pairs.project_no = later.project_no
    left join yearly as earlier
        on
            pairs.prior_document_key = earlier.document_key
            and pairs.prior_project_no = earlier.project_no
)

select
    project_pair_key,
    publisher_key,
    project_key,
    document_key,
    prior_document_key,
    fiscal_year,
    document_kind,
    coalesce(unit_name, prior_unit_name) as unit_name,
    project_name,
    prior_project_name,
    status,
    match_method,
    match_score,
    amount_yuan,
    prior_amount_yuan,
    delta_yuan,
    {{ percent_of('delta_yuan', 'prior_amount_yuan') }} as delta_pct
from joined
