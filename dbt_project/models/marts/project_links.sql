with links as (
    select *
    from {{ ref('int_project_links_matched') }}
    where is_linked
),

chains as (
    select * from {{ ref('int_projects_chained') }}
),

publishers as (
    select distinct
        publisher_code,
        publisher_key
    from {{ ref('int_documents_keyed') }}
)

select
    {{ surrogate_key(['later.project_key', 'links.to_year']) }} as project_link_key,
    publishers.publisher_key,
    later.project_key,
    links.from_year,
    links.to_year,
    earlier.project_name as from_project_text,
    later.project_name as to_project_text,
    links.method,
    links.score
from links
inner join chains as earlier on links.from_key = earlier.project_year_key
inner join chains as later on links.to_key = later.project_year_key
inner join publishers on links.publisher_code = publishers.publisher_code
