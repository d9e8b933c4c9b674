{#- pass, what must be equal, method of the link, score; a later row sees only what an earlier one left over -#}
{%- set passes = [
    ('code', ['project_code'], "'code'", '1.0'),
    (
        'exact',
        ['unit_durable_key', 'project_fold', 'occurrence_no'],
        "case when from_name = to_name then 'exact' else 'normalised' end",
        '1.0'
    ),
    ('stripped', ['unit_durable_key', 'project_stripped'], "'normalised'", '0.97'),
    ('reordered', ['unit_durable_key', 'project_reordered'], "'normalised'", '0.95'),
] -%}
with project_years as (
    select *
    from {{ ref('int_project_years') }}
    where is_current
),

printings as (
    select * from {{ ref('int_projects_current') }}
),

words as (
    select
        *,
        {{ fold_text('from_unit') }} as from_unit_fold,
        {{ fold_text('from_project') }} as from_project_fold,
        {{ fold_text('to_unit') }} as to_unit_fold,
        {{ fold_text('to_project') }} as to_project_fold
    from {{ ref('project_matches') }}
),

proposals as (
    select * from {{ ref('stg_jixiao__project_proposals') }}
),

named as (
    select distinct
        publisher_code,
        fiscal_year,
        project_year_key,
        project_fold,
        unit_fold,
        lower(coalesce(unit_code, '')) as unit_code_fold,
        {{ fold_text('unit_text') }} as unit_text_fold
    from printings
),

judged as (
    select distinct
        words.verdict,
        earlier.project_year_key as from_key,
        later.project_year_key as to_key
    from words
    inner join named as earlier
        on
            words.publisher_code = earlier.publisher_code
            and words.from_year = earlier.fiscal_year
            and words.from_project_fold = earlier.project_fold
            and (
                coalesce(words.from_unit_fold, '') = ''
                or words.from_unit_fold in (earlier.unit_fold, earlier.unit_code_fold, earlier.unit_text_fold)
            )
    inner join named as later
        on
            words.publisher_code = later.publisher_code
            and words.to_year = later.fiscal_year
            and words.to_project_fold = later.project_fold
            and (
                coalesce(words.to_unit_fold, '') = ''
                or words.to_unit_fold in (later.unit_fold, later.unit_code_fold, later.unit_text_fold)
            )
),

vetoes as (
    select
        from_key,
        to_key
    from judged
    where verdict = 'different'
),

-- one project becomes one; where a person names several (a split or a merger), the one of the same name comes first
curated as (
    select
        judged.from_key,
        judged.to_key,
        'curated' as method,
        cast(1.0 as decimal(6, 4)) as score,
        row_number() over (
            partition by judged.from_key
            order by
                case when earlier.project_fold = later.project_fold then 0 else 1 end,
                later.project_fold,
                judged.to_key
        ) as rank_forward,
        row_number() over (
            partition by judged.to_key
            order by
                case when earlier.project_fold = later.project_fold then 0 else 1 end,
                earlier.project_fold,
                judged.from_key
        ) as rank_backward
    from judged
    inner join project_years as earlier on judged.from_key = earlier.project_year_key
    inner join project_years as later
        on
            judged.to_key = later.project_year_key
            and earlier.year_no + 1 = later.year_no
    where judged.verdict = 'same'
),

after_curated as (
    select
        from_key,
        to_key,
        method,
        score
    from curated
    where rank_forward = 1 and rank_backward = 1
),

{% for pass, columns, method, score in passes %}
{%- set before = 'after_curated' if loop.first else 'after_' ~ passes[loop.index0 - 1][0] -%}
{{ pass }}_free as (
    select
        project_years.*,
        earlier_link.from_key is null as is_free_forward,
        later_link.to_key is null as is_free_backward
    from project_years
    left join {{ before }} as earlier_link on project_years.project_year_key = earlier_link.from_key
    left join {{ before }} as later_link on project_years.project_year_key = later_link.to_key
),

{{ pass }}_pairs as (
    select
        earlier.project_year_key as from_key,
        later.project_year_key as to_key,
        earlier.project_name as from_name,
        later.project_name as to_name,
        count(*) over (partition by earlier.project_year_key) as choices_forward,
        count(*) over (partition by later.project_year_key) as choices_backward
    from {{ pass }}_free as earlier
    inner join {{ pass }}_free as later
        on
            earlier.publisher_code = later.publisher_code
            and earlier.year_no + 1 = later.year_no
            {%- for column in columns %}
            and earlier.{{ column }} = later.{{ column }}
            {%- endfor %}
    left join vetoes
        on
            earlier.project_year_key = vetoes.from_key
            and later.project_year_key = vetoes.to_key
    where
        earlier.is_free_forward
        and later.is_free_backward
        and vetoes.from_key is null
),

after_{{ pass }} as (
    select * from {{ before }}
    union all
    select
        from_key,
        to_key,
        {{ method }} as method,
        cast({{ score }} as decimal(6, 4)) as score
    from {{ pass }}_pairs
    where choices_forward = 1 and choices_backward = 1
),

{% endfor -%}

proposed as (
    select
        earlier.project_year_key as from_key,
        later.project_year_key as to_key,
        max(proposals.score) as score,
        max(proposals.indicator_share) as indicator_share
    from proposals
    inner join printings as earlier
        on
            proposals.from_sha256 = earlier.sha256
            and proposals.from_part_no = earlier.part_no
            and proposals.from_project_no = earlier.project_no
    inner join printings as later
        on
            proposals.to_sha256 = later.sha256
            and proposals.to_part_no = later.part_no
            and proposals.to_project_no = later.project_no
    inner join project_years as earlier_year on earlier.project_year_key = earlier_year.project_year_key
    inner join project_years as later_year
        on
            later.project_year_key = later_year.project_year_key
            and earlier_year.publisher_code = later_year.publisher_code
            and earlier_year.year_no + 1 = later_year.year_no
    left join after_reordered as earlier_link on earlier.project_year_key = earlier_link.from_key
    left join after_reordered as later_link on later.project_year_key = later_link.to_key
    left join vetoes
        on
            earlier.project_year_key = vetoes.from_key
            and later.project_year_key = vetoes.to_key
    where
        earlier_link.from_key is null
        and later_link.to_key is null
        and vetoes.from_key is null
    group by earlier.project_year_key, later.project_year_key
),

ranked as (
    select
        *,
        row_number() over (partition by from_key order by score desc, to_key) as rank_forward,
        row_number() over (partition by to_key order by score desc, from_key) as rank_backward
    from proposed
),

decided as (
    select
        from_key,
        to_key,
        method,
        score,
        true as is_linked
    from after_reordered
    union all
    select
        from_key,
        to_key,
        method,
        score,
        false as is_linked
    from curated
    where rank_forward > 1 or rank_backward > 1
    union all
    select
        from_key,
        to_key,
        'proposed' as method,
        score,
        rank_forward = 1
        and rank_backward = 1
        and score >= {{ var('proposal_score') }}
        and indicator_share >= {{ var('proposal_indicator_share') }} as is_linked
    from ranked
)

select
    decided.from_key,
    decided.to_key,
    earlier.publisher_code,
    earlier.fiscal_year as from_year,
    later.fiscal_year as to_year,
    decided.method,
    decided.score,
    decided.is_linked
from decided
inner join project_years as earlier on decided.from_key = earlier.project_year_key
inner join project_years as later on decided.to_key = later.project_year_key
