with pairs as (
    select * from {{ ref('quality_pairs') }}
)

select
    publisher_key,
    unit_key,
    project_key,
    indicator_key,
    document_key,
    fiscal_year,
    target_pair_key as subject,
    cast(level as decimal(38, 4)) as figure,
    project_name || '：“' || indicator_name || '”数值未变，比较符由“' || prior_target_text || '”变为“'
    || target_text || '”'
    || case when is_layout_changed then '（两年版式不同，可能只是填报方式变化）。' else '。' end
        as explanation_zh,
    'Same number, other comparator: ' || prior_target_text || ' became ' || target_text
    || case when is_layout_changed then ' (the layout changed too).' else '.' end
        as explanation_en
from pairs
where
    is_comparator_changed
    and is_same_unit
    and level = prior_level
