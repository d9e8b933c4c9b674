{#- what must be equal for two rows of one project to be one indicator, best first -#}
{%- set passes = [
    ('code', 'indicator_code'),
    ('name', 'indicator_fold'),
    ('bare_name', 'indicator_bare'),
] -%}
with projects as (
    select * from {{ ref('int_projects_paired') }}
),

targets as (
    select
        *,
        {{ strip_indicator_brackets('indicator_fold') }} as indicator_bare
    from {{ ref('int_targets_valued') }}
    where horizon in ('annual', 'cycle', 'adjusted')
),

later as (
    select
        projects.project_pair_key,
        targets.*
    from projects
    inner join targets
        on
            projects.document_key = targets.document_key
            and projects.project_no = targets.project_no
),

earlier as (
    select
        projects.project_pair_key,
        targets.*
    from projects
    inner join targets
        on
            projects.prior_document_key = targets.document_key
            and projects.prior_project_no = targets.project_no
),

paired_by_nothing as (
    select
        project_pair_key,
        target_key,
        target_key as prior_target_key,
        '' as match_method
    from later
    where 1 = 0
),

{% for method, column in passes -%}
{%- set previous = 'nothing' if loop.first else passes[loop.index0 - 1][0] -%}
later_by_{{ method }} as (
    select
        later.project_pair_key,
        later.horizon,
        later.target_key,
        later.{{ column }},
        row_number() over (
            partition by later.project_pair_key, later.horizon, later.{{ column }}
            order by later.record_no
        ) as occurrence_no
    from later
    left join paired_by_{{ previous }} as taken on later.target_key = taken.target_key
    where taken.target_key is null
),

earlier_by_{{ method }} as (
    select
        earlier.project_pair_key,
        earlier.horizon,
        earlier.target_key,
        earlier.{{ column }},
        row_number() over (
            partition by earlier.project_pair_key, earlier.horizon, earlier.{{ column }}
            order by earlier.record_no
        ) as occurrence_no
    from earlier
    left join paired_by_{{ previous }} as taken on earlier.target_key = taken.prior_target_key
    where taken.prior_target_key is null
),

paired_by_{{ method }} as (
    select * from paired_by_{{ previous }}
    union all
    select
        current_row.project_pair_key,
        current_row.target_key,
        prior_row.target_key as prior_target_key,
        '{{ method }}' as match_method
    from later_by_{{ method }} as current_row
    inner join earlier_by_{{ method }} as prior_row
        on
            current_row.project_pair_key = prior_row.project_pair_key
            and current_row.horizon = prior_row.horizon
            and current_row.{{ column }} = prior_row.{{ column }}
            and current_row.occurrence_no = prior_row.occurrence_no
),

{% endfor -%}

everything as (
    select
        project_pair_key,
        target_key,
        prior_target_key,
        match_method
    from paired_by_bare_name
    union all
    select
        later.project_pair_key,
        later.target_key,
        cast(null as varchar) as prior_target_key,
        cast(null as varchar) as match_method
    from later
    left join paired_by_bare_name as taken on later.target_key = taken.target_key
    where taken.target_key is null
    union all
    select
        earlier.project_pair_key,
        cast(null as varchar) as target_key,
        earlier.target_key as prior_target_key,
        cast(null as varchar) as match_method
    from earlier
    left join paired_by_bare_name as taken on earlier.target_key = taken.prior_target_key
    where taken.prior_target_key is null
)

select
    {{ surrogate_key(['project_pair_key', 'target_key', 'prior_target_key']) }} as target_pair_key,
    project_pair_key,
    target_key,
    prior_target_key,
    match_method
from everything
