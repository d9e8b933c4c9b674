with targets as (
    select * from {{ ref('quality_targets') }}
),

sets as (
    select distinct
        publisher_key,
        fiscal_year,
        project_key,
        project_name,
        indicator_durable_key,
        target_fingerprint
    from targets
    where horizon = 'annual'
),

sizes as (
    select
        fiscal_year,
        project_key,
        count(*) as members
    from sets
    group by fiscal_year, project_key
),

places as (
    select
        project_key,
        fiscal_year,
        max(unit_key) as unit_key,
        max(document_key) as document_key
    from targets
    group by project_key, fiscal_year
),

common as (
    select
        one.publisher_key,
        one.fiscal_year,
        one.project_key,
        other.project_key as other_key,
        one.project_name,
        other.project_name as other_name,
        count(*) as common
    from sets as one
    inner join sets as other
        on
            one.publisher_key = other.publisher_key
            and one.fiscal_year = other.fiscal_year
            and one.indicator_durable_key = other.indicator_durable_key
            and one.target_fingerprint = other.target_fingerprint
            and one.project_key < other.project_key
    group by
        one.publisher_key, one.fiscal_year, one.project_key, other.project_key, one.project_name, other.project_name
),

measured as (
    select
        common.*,
        places.unit_key,
        places.document_key,
        {{ share_pct('common.common', '(one_size.members + other_size.members - common.common)') }} as jaccard_pct
    from common
    inner join places
        on
            common.project_key = places.project_key
            and common.fiscal_year = places.fiscal_year
    inner join sizes as one_size
        on
            common.project_key = one_size.project_key
            and common.fiscal_year = one_size.fiscal_year
    inner join sizes as other_size
        on
            common.other_key = other_size.project_key
            and common.fiscal_year = other_size.fiscal_year
)

select
    publisher_key,
    unit_key,
    project_key,
    cast(null as varchar) as indicator_key,
    document_key,
    fiscal_year,
    other_key as subject,
    cast(jaccard_pct as decimal(38, 4)) as figure,
    project_name || '与' || other_name || '有' || cast(common as varchar) || '项指标及指标值相同。' as explanation_zh,
    'Shares ' || cast(common as varchar) || ' indicators with equal targets with '
    || other_name || '.'
        as explanation_en
from measured
where
    jaccard_pct >= {{ var('c11_jaccard_pct') }}
