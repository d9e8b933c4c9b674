with targets as (
    select * from {{ ref('quality_targets') }}
),

sets as (
    select
        publisher_key,
        fiscal_year,
        project_key,
        project_name,
        indicator_durable_key,
        target_fingerprint,
        max(unit_key) as unit_key,
        max(document_key) as document_key
    from targets
    where horizon = 'annual'
    group by publisher_key, fiscal_year, project_key, project_name, indicator_durable_key, target_fingerprint
),

sized as (
    select
        *,
        count(*) over (partition by fiscal_year, project_key) as members
    from sets
),

-- the sizes ride along, so that nothing is left to join on the year alone
common as (
    select
        one.publisher_key,
        one.fiscal_year,
        one.project_key,
        other.project_key as other_key,
        one.project_name,
        other.project_name as other_name,
        max(one.unit_key) as unit_key,
        max(one.document_key) as document_key,
        count(*) as common,
        max(one.members + other.members) as members
    from sized as one
    inner join sized as other
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
        *,
        {{ share_pct('common', '(members - common)') }} as jaccard_pct
    from common
)

select
    {{ finding_keys('publisher_key', 'unit_key', 'project_key', 'document_key') }},
    other_key as subject,
    cast(jaccard_pct as decimal(38, 4)) as figure,
    project_name || '与' || other_name || '有' || cast(common as varchar) || '项指标及指标值相同。'
        as explanation_zh,
    'Shares ' || cast(common as varchar) || ' indicators with equal targets with ' || other_name || '.'
        as explanation_en
from measured
where
    jaccard_pct >= {{ var('c11_jaccard_pct') }}
