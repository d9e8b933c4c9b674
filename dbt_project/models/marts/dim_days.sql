with recursive documents as (
    select * from {{ ref('dim_documents') }}
),

-- every year between the first and the last, whether or not anything was published for it
years (fiscal_year, last_year) as (
    select
        min(fiscal_year) as fiscal_year,
        max(fiscal_year) as last_year
    from documents
    having count(*) > 0
    union all
    select
        fiscal_year + 1 as fiscal_year,
        last_year
    from years
    where fiscal_year < last_year
),

digits as (
    {%- for digit in range(10) %}
    select {{ digit }} as digit
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

days as (
    select
        years.fiscal_year,
        make_date(years.fiscal_year, 1, 1) + (hundreds.digit * 100 + tens.digit * 10 + ones.digit) as day_on
    from years
    cross join digits as hundreds
    cross join digits as tens
    cross join digits as ones
)

select
    day_on,
    fiscal_year,
    cast(extract(month from day_on) as integer) as month_no
from days
where extract(year from day_on) = fiscal_year
