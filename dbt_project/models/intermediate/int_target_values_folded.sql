with target_values as (
    select * from {{ ref('stg_jixiao__target_values') }}
    {%- if var('changed_only') %}
    where target_text in (select target_text from {{ ref('stg_jixiao__targets') }})
    {%- endif %}
),

folded as (
    select
        *,
        {{ fold_text('target_text') }} as target_fold
    from target_values
)

select
    *,
    -- equal where two targets say the same, however they are printed
    {{ surrogate_key([
        'comparator',
        'low',
        'high',
        'measure_unit',
        'per',
        'case when coalesce(low, high) is null then target_fold end'
    ]) }} as target_fingerprint
from folded
