with printed as ( -- noqa: ST03
    select target_text from {{ ref('stg_jixiao__targets') }}
    union
    select target_text from {{ ref('stg_jixiao__department_targets') }}
),

target_values as (
    select spelled.*
    from {{ ref('stg_jixiao__target_values') }} as spelled
    {%- if changed_only() %}
    where spelled.target_text in (select printed.target_text from printed)
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
