with completed as (
    select * from {{ ref('int_documents_completed') }}
),

editions as (
    select * from {{ ref('int_editions_ranked') }}
),

-- a publication of which a project is held back: nobody knows which of the others it lacks
incomplete as (
    select distinct
        completed.publisher_code,
        completed.fiscal_year,
        completed.document_kind
    from completed
    inner join editions on completed.document_key = editions.document_key
    where
        not completed.has_all_projects
        and editions.superseded_by_key is null
),

years as (
    select
        years.*,
        incomplete_now.publisher_code is null as is_read,
        incomplete_before.publisher_code is null as is_prior_read
    from {{ ref('int_years_paired') }} as years
    left join incomplete as incomplete_now
        on
            years.publisher_code = incomplete_now.publisher_code
            and years.fiscal_year = incomplete_now.fiscal_year
            and years.document_kind = incomplete_now.document_kind
    left join incomplete as incomplete_before
        on
            years.publisher_code = incomplete_before.publisher_code
            and years.prior_year = incomplete_before.fiscal_year
            and years.document_kind = incomplete_before.document_kind
),

printings as (
    select * from {{ ref('int_projects_current') }}
),

chains as (
    select * from {{ ref('int_projects_chained') }}
),

links as (
    select *
    from {{ ref('int_project_links_matched') }}
    where is_linked
),

counted as (
    select
        printings.project_year_key,
        printings.publisher_code,
        printings.fiscal_year,
        printings.document_kind,
        printings.document_key,
        printings.project_no,
        printings.project_name,
        printings.project_fold,
        printings.unit_name,
        chains.project_key,
        row_number() over (
            partition by printings.project_year_key, printings.document_kind
            order by printings.document_key, printings.project_no
        ) as printing_no
    from printings
    inner join chains on printings.project_year_key = chains.project_year_key
    where printings.is_current
),

later as (
    select
        years.publisher_key,
        years.prior_year,
        years.is_prior_read,
        counted.*
    from counted
    inner join years
        on
            counted.publisher_code = years.publisher_code
            and counted.fiscal_year = years.fiscal_year
            and counted.document_kind = years.document_kind
    where counted.printing_no = 1
),

earlier as (
    select
        years.publisher_key,
        years.fiscal_year as next_year,
        years.is_read as is_next_read,
        counted.*
    from counted
    inner join years
        on
            counted.publisher_code = years.publisher_code
            and counted.fiscal_year = years.prior_year
            and counted.document_kind = years.document_kind
    where counted.printing_no = 1
),

kept_or_added as (
    select
        later.publisher_key,
        later.publisher_code,
        later.fiscal_year,
        later.document_kind,
        later.project_key,
        later.document_key,
        later.project_no,
        later.project_name,
        later.unit_name,
        earlier.document_key as prior_document_key,
        earlier.project_no as prior_project_no,
        earlier.project_name as prior_project_name,
        earlier.unit_name as prior_unit_name,
        case
            when earlier.project_year_key is null and not later.is_prior_read then 'unread'
            when earlier.project_year_key is null then 'added'
            when earlier.project_fold = later.project_fold then 'same'
            else 'renamed'
        end as status,
        case when earlier.project_year_key is not null then links.method end as match_method,
        case when earlier.project_year_key is not null then links.score end as match_score
    from later
    left join links on later.project_year_key = links.to_key
    left join earlier
        on
            links.from_key = earlier.project_year_key
            and later.fiscal_year = earlier.next_year
),

dropped as (
    select
        earlier.publisher_key,
        earlier.publisher_code,
        earlier.next_year as fiscal_year,
        earlier.document_kind,
        earlier.project_key,
        cast(null as varchar) as document_key,
        cast(null as integer) as project_no,
        cast(null as varchar) as project_name,
        cast(null as varchar) as unit_name,
        earlier.document_key as prior_document_key,
        earlier.project_no as prior_project_no,
        earlier.project_name as prior_project_name,
        earlier.unit_name as prior_unit_name,
        case when earlier.is_next_read then 'dropped' else 'unread' end as status,
        cast(null as varchar) as match_method,
        cast(null as decimal(6, 4)) as match_score
    from earlier
    left join links on earlier.project_year_key = links.from_key
    left join later
        on
            links.to_key = later.project_year_key
            and earlier.next_year = later.fiscal_year
    where later.project_year_key is null
),

paired as (
    select * from kept_or_added
    union all
    select * from dropped
)

select
    {{ surrogate_key(['project_key', 'fiscal_year']) }} as project_pair_key,
    *
from paired
