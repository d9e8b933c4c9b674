with links as (
    select *
    from {{ ref('int_project_links_matched') }}
    where not is_linked
),

chains as (
    select * from {{ ref('int_projects_chained') }}
),

printings as (
    select * from {{ ref('int_projects_current') }}
),

named as (
    select
        project_year_key,
        max(publisher_key) as publisher_key,
        max(coalesce(unit_code, unit_name)) as unit_text
    from printings
    where is_current
    group by project_year_key
)

select
    {{ surrogate_key(['links.from_key', 'links.to_key', 'links.method']) }} as candidate_key,
    later_name.publisher_key,
    earlier.project_key as from_project_key,
    later.project_key as to_project_key,
    links.publisher_code,
    links.from_year,
    links.to_year,
    earlier_name.unit_text as from_unit_text,
    earlier.project_name as from_project_text,
    later_name.unit_text as to_unit_text,
    later.project_name as to_project_text,
    links.method,
    links.score,
    links.publisher_code || ',' || cast(links.from_year as varchar) || ',' || cast(links.to_year as varchar)
    || ',"' || replace(earlier_name.unit_text, '"', '""') || '","' || replace(earlier.project_name, '"', '""')
    || '","' || replace(later_name.unit_text, '"', '""') || '","' || replace(later.project_name, '"', '""')
    || '",same,,' as curated_line
from links
inner join chains as earlier on links.from_key = earlier.project_year_key
inner join chains as later on links.to_key = later.project_year_key
inner join named as earlier_name on links.from_key = earlier_name.project_year_key
inner join named as later_name on links.to_key = later_name.project_year_key
