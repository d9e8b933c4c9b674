with pairs as (
    select * from {{ ref('quality_pairs') }}
),

changed as (
    select
        publisher_key,
        document_key,
        prior_document_key,
        fiscal_year,
        count(*) as pairs
    from pairs
    where is_layout_changed
    group by publisher_key, document_key, prior_document_key, fiscal_year
)

select
    {{ finding_keys('publisher_key', 'document_key') }},
    prior_document_key as subject,
    cast(pairs as decimal(38, 4)) as figure,
    '两年版式不同，涉及' || cast(pairs as varchar) || '项指标对比：比较符或单位的变化可能来自表格而非目标。' as explanation_zh,
    'The layout differs from last year''s, which touches ' || cast(pairs as varchar)
    || ' pairs: read changed comparators and units with care.'
        as explanation_en
from changed
