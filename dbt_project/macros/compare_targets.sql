{#- The verdict on pairs of targets: how they compare, what changed, by how much, and whether that is tighter.
    `pairs` is a relation with target_pair_key, target_key and prior_target_key; either key may be null. `targets` and
    `documents` are relations that hold both sides of each pair. -#}
{% macro compare_targets(pairs, targets, documents) -%}
{#- numbers beyond this are slips of the pen, and their products would not fit a decimal -#}
{%- set limit = '1e15' -%}
with pairs as (
    select * from {{ pairs }}
),

targets as (
    select
        targets.*,
        case
            when targets.comparator in ('ge', 'gt') then 'floor'
            when targets.comparator in ('le', 'lt') then 'ceiling'
            when targets.comparator in ('eq', 'approx') then 'point'
            else targets.comparator
        end as bound,
        -- 9‰ and 1% compare, 90% and 90 do not: the measure word decides that, not the type
        case
            when targets.value_type in ('number', 'percent', 'money') then 'quantity'
            else targets.value_type
        end as kind,
        coalesce(targets.low, targets.high) as bottom,
        coalesce(targets.high, targets.low) as top,
        {{ date_position('coalesce(targets.date_high, targets.date_low)', 'targets.fiscal_year') }} as date_position
    from {{ targets }} as targets
),

measure_units as (
    select * from {{ ref('int_measure_units_completed') }}
),

documents as (
    select * from {{ documents }}
),

joined as (
    select
        pairs.target_pair_key,
        later.target_key,
        earlier.target_key as prior_target_key,
        later.target_fold,
        earlier.target_fold as prior_target_fold,
        later.comparator,
        earlier.comparator as prior_comparator,
        later.bound,
        earlier.bound as prior_bound,
        later.kind,
        earlier.kind as prior_kind,
        later.per,
        earlier.per as prior_per,
        later.measure_unit,
        earlier.measure_unit as prior_measure_unit,
        later.bottom,
        earlier.bottom as prior_bottom,
        later.top,
        earlier.top as prior_top,
        later.date_position,
        earlier.date_position as prior_date_position,
        later.is_implicit,
        earlier.is_implicit as prior_is_implicit,
        later.is_suspect or earlier.is_suspect as is_suspect,
        later_document.layout_fingerprint <> earlier_document.layout_fingerprint as is_layout_changed,
        coalesce(later.measure_unit, '') = coalesce(earlier.measure_unit, '') as is_same_unit,
        later_unit.dimension = earlier_unit.dimension as is_same_dimension,
        later_unit.base_unit,
        later_unit.factor,
        earlier_unit.factor as prior_factor,
        {% for side in ['later', 'earlier'] -%}
        cast(greatest(abs({{ side }}.bottom), abs({{ side }}.top)) as double precision)
        * coalesce(cast({{ side }}_unit.factor as double precision), 1) < {{ limit }}
        {%- if not loop.last %}
        and {% endif %}
        {%- endfor %} as is_in_limits
    from pairs
    left join targets as later on pairs.target_key = later.target_key
    left join targets as earlier on pairs.prior_target_key = earlier.target_key
    left join documents as later_document on later.document_key = later_document.document_key
    left join documents as earlier_document on earlier.document_key = earlier_document.document_key
    left join measure_units as later_unit on later.measure_unit = later_unit.measure_unit
    left join measure_units as earlier_unit on earlier.measure_unit = earlier_unit.measure_unit
),

judged as (
    select
        *,
        coalesce(
            target_fold = prior_target_fold
            or (
                kind = 'quantity'
                and prior_kind = 'quantity'
                and comparator = prior_comparator
                and is_same_unit
                and coalesce(per, '') = coalesce(prior_per, '')
                and bottom = prior_bottom
                and top = prior_top
            ),
            false
        ) as is_copied,
        case
            when is_suspect then 'suspect'
            when kind in ('empty', 'placeholder') or prior_kind in ('empty', 'placeholder') then 'no_target'
            when kind <> prior_kind or kind is null or prior_kind is null then 'value_type'
            when kind = 'date' and date_position is not null and prior_date_position is not null
                then case when bound <> prior_bound then 'comparator' end
            when bottom is null or prior_bottom is null then 'wording'
            when coalesce(per, '') <> coalesce(prior_per, '') then 'per'
            when not is_same_unit and coalesce(not is_same_dimension, true) then 'measure_unit'
            when bound <> prior_bound and is_layout_changed and is_implicit <> prior_is_implicit then 'layout'
            when bound <> prior_bound then 'comparator'
            when not is_in_limits then 'magnitude'
            when bound = 'range' and is_same_unit and sign(bottom - prior_bottom) * sign(top - prior_top) < 0
                then 'range'
        end as obstacle
    from joined
),

scaled as (
    select
        *,
        not is_copied and obstacle is null and kind <> 'date' as is_measured,
        case when is_same_unit then cast(1 as decimal(20, 10)) else factor end as scale,
        case when is_same_unit then cast(1 as decimal(20, 10)) else prior_factor end as prior_scale
    from judged
),

-- the same measure word in both years: as printed; two words of one dimension: both in its base unit
measured as (
    select
        *,
        case when is_measured then cast(cast(bottom as decimal(28, 10)) * scale as decimal(38, 10)) end as level_low,
        case when is_measured then cast(cast(top as decimal(28, 10)) * scale as decimal(38, 10)) end as level_high,
        case when is_measured then cast(cast(prior_bottom as decimal(28, 10)) * prior_scale as decimal(38, 10)) end
            as prior_level_low,
        case when is_measured then cast(cast(prior_top as decimal(28, 10)) * prior_scale as decimal(38, 10)) end
            as prior_level_high
    from scaled
),

-- the middle of a range stands for it
subtracted as (
    select
        *,
        case
            when is_copied and bottom is not null then cast(0 as decimal(38, 10))
            when is_measured
                then cast((level_low - prior_level_low + level_high - prior_level_high) * 0.5 as decimal(38, 10))
        end as delta,
        case when is_measured then cast((prior_level_low + prior_level_high) * 0.5 as decimal(38, 10)) end
            as prior_level,
        case
            when is_measured then sign(level_low - prior_level_low + level_high - prior_level_high)
            when obstacle is null and kind = 'date' then sign(date_position - prior_date_position)
        end as direction
    from measured
)

select
    target_pair_key,
    case
        when prior_target_key is null then 'new'
        when target_key is null then 'dropped'
        when is_copied then 'unchanged'
        when obstacle is not null then 'not_comparable'
        when direction > 0 then 'raised'
        when direction < 0 then 'lowered'
        else 'unchanged'
    end as change_class,
    case
        when target_key is not null and prior_target_key is not null and not is_copied then obstacle
    end as not_comparable_reason,
    delta,
    case
        when is_copied and bottom <> 0 then cast(0 as decimal(38, 4))
        when is_measured then {{ percent_of('delta', 'prior_level') }}
    end as delta_pct,
    case
        when delta is null then null
        when is_same_unit then measure_unit
        else base_unit
    end as delta_unit,
    case
        when target_key is null or prior_target_key is null then 'unknown'
        when is_copied then 'same'
        -- a range inside the other one is tighter, although neither is higher
        when obstacle = 'range' and bottom > prior_bottom then 'tighter'
        when obstacle = 'range' then 'looser'
        when obstacle is not null then 'unknown'
        when bound = 'floor' and direction > 0 then 'tighter'
        when bound = 'floor' and direction < 0 then 'looser'
        when bound = 'ceiling' and direction < 0 then 'tighter'
        when bound = 'ceiling' and direction > 0 then 'looser'
        when bound in ('floor', 'ceiling') and comparator = prior_comparator then 'same'
        -- 大于 leaves out the number that 不低于 still admits
        when bound in ('floor', 'ceiling') and comparator in ('gt', 'lt') then 'tighter'
        when bound in ('floor', 'ceiling') then 'looser'
        when bound = 'range' and level_low >= prior_level_low and level_high <= prior_level_high then 'tighter'
        when bound = 'range' and level_low <= prior_level_low and level_high >= prior_level_high then 'looser'
        when bound = 'point' and direction = 0 then 'same'
        else 'unknown'
    end as stringency,
    coalesce(comparator <> prior_comparator, false) as is_comparator_changed,
    coalesce(is_layout_changed, false) as is_layout_changed
from subtracted
{%- endmacro %}
