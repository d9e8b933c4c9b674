with expectations as (
    select * from {{ ref('stg_jixiao__expected_publications') }}
),

documents as (
    select * from {{ ref('dim_documents') }}
),

publishers as (
    select * from {{ ref('dim_publishers') }}
),

held_back as (
    select * from {{ ref('held_back') }}
),

unloaded as (
    select unloaded.*
    from {{ ref('stg_jixiao__unloaded_publications') }} as unloaded
    -- a loaded document that is being read again is still loaded
    left join documents on unloaded.sha256 = documents.sha256
    where documents.sha256 is null
),

counted as (
    select
        publishers.publisher_key,
        expectations.fiscal_year,
        expectations.document_kind,
        expectations.expected,
        expectations.due_on,
        0 as loaded,
        0 as current_loaded,
        0 as refused,
        0 as waiting,
        0 as incomplete,
        0 as projects_loaded,
        0 as projects_held_back
    from expectations
    inner join publishers on expectations.publisher_code = publishers.publisher_code
    union all
    select
        publisher_key,
        fiscal_year,
        document_kind,
        cast(null as integer) as expected,
        cast(null as date) as due_on,
        1 as loaded,
        case when is_current then 1 else 0 end as current_loaded,
        0 as refused,
        0 as waiting,
        case when is_current and not is_complete then 1 else 0 end as incomplete,
        case when is_current then current_project_count else 0 end as projects_loaded,
        0 as projects_held_back
    from documents
    union all
    select
        publishers.publisher_key,
        unloaded.fiscal_year,
        unloaded.document_kind,
        cast(null as integer) as expected,
        cast(null as date) as due_on,
        0 as loaded,
        0 as current_loaded,
        case when unloaded.state = 'refused' then 1 else 0 end as refused,
        case when unloaded.state = 'refused' then 0 else 1 end as waiting,
        0 as incomplete,
        0 as projects_loaded,
        0 as projects_held_back
    from unloaded
    left join publishers on unloaded.publisher_code = publishers.publisher_code
    union all
    select
        publisher_key,
        fiscal_year,
        document_kind,
        cast(null as integer) as expected,
        cast(null as date) as due_on,
        0 as loaded,
        0 as current_loaded,
        0 as refused,
        0 as waiting,
        0 as incomplete,
        0 as projects_loaded,
        1 as projects_held_back
    from held_back
    where scope = 'project' and is_current
),

summed as (
    select
        publisher_key,
        fiscal_year,
        document_kind,
        cast(max(expected) as integer) as expected,
        max(due_on) as due_on,
        cast(sum(loaded) as integer) as loaded,
        cast(sum(current_loaded) as integer) as current_loaded,
        cast(sum(refused) as integer) as refused,
        cast(sum(waiting) as integer) as waiting,
        cast(sum(incomplete) as integer) as incomplete,
        cast(sum(projects_loaded) as integer) as projects_loaded,
        cast(sum(projects_held_back) as integer) as projects_held_back
    from counted
    group by publisher_key, fiscal_year, document_kind
),

-- what was seen and not read has no year: it may be the very document that is missing
of_unknown_year as (
    select
        publisher_key,
        cast(sum(refused + waiting) as integer) as publications
    from summed
    where fiscal_year is null
    group by publisher_key
),

turned as (
    select max(as_of) as as_of
    from expectations
)

select
    {{ surrogate_key(['summed.publisher_key', 'summed.fiscal_year', 'summed.document_kind']) }} as coverage_key,
    summed.publisher_key,
    summed.fiscal_year,
    summed.document_kind,
    summed.expected,
    summed.due_on,
    summed.loaded + summed.refused + summed.waiting as published,
    summed.loaded,
    summed.current_loaded,
    summed.refused,
    summed.waiting,
    summed.incomplete,
    summed.projects_loaded,
    summed.projects_held_back,
    case when summed.expected is not null then greatest(summed.expected - summed.current_loaded, 0) end as missing,
    coalesce(of_unknown_year.publications, 0) as of_unknown_year,
    coalesce(turned.as_of > summed.due_on and summed.current_loaded < summed.expected, false) as is_late,
    turned.as_of
from summed
cross join turned
left join of_unknown_year
    on
        summed.publisher_key = of_unknown_year.publisher_key
        and summed.fiscal_year is not null
