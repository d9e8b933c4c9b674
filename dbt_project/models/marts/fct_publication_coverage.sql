with documents as (
    select * from {{ ref('int_documents_keyed') }}
),

years as (
    select distinct fiscal_year from documents
),

habits as (
    select
        publisher_key,
        document_kind,
        min(fiscal_year) as first_year
    from documents
    group by publisher_key, document_kind
),

newest as (
    select
        document_kind,
        max(fiscal_year) as last_year
    from documents
    group by document_kind
),

-- who has published a kind of document once owes it for every later year for which anybody has published it
expected as (
    select
        habits.publisher_key,
        years.fiscal_year,
        habits.document_kind
    from habits
    inner join newest on habits.document_kind = newest.document_kind
    inner join years
        on
            habits.first_year <= years.fiscal_year
            and newest.last_year >= years.fiscal_year
),

counted as (
    select
        publisher_key,
        fiscal_year,
        document_kind,
        cast(count(distinct source_url) as integer) as published,
        cast(count(distinct sha256) as integer) as loaded
    from documents
    group by publisher_key, fiscal_year, document_kind
)

select
    {{ surrogate_key(['expected.publisher_key', 'expected.fiscal_year', 'expected.document_kind']) }} as coverage_key,
    expected.publisher_key,
    expected.fiscal_year,
    expected.document_kind,
    true as expected,
    'habit' as expected_by,
    coalesce(counted.published, 0) as published,
    coalesce(counted.loaded, 0) as loaded,
    -- which year and kind a refused document was of is not staged yet
    cast(null as integer) as refused,
    counted.loaded is null as is_missing
from expected
left join counted
    on
        expected.publisher_key = counted.publisher_key
        and expected.fiscal_year = counted.fiscal_year
        and expected.document_kind = counted.document_kind
