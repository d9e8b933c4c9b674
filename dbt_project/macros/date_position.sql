{#- Where a printed date lies: years after the fiscal year, month and day, as one number, so that 12月底前 of two years is
    the same. Null where the text is no date. -#}
{% macro date_position(date_text, fiscal_year) -%}
    coalesce(cast({{ regexp_extract(date_text, '^([0-9]{4})-') }} as integer) - {{ fiscal_year }}, 0) * 10000
    + cast({{ regexp_extract(date_text, '-([0-9]{2})-[0-9]{2}$') }} as integer) * 100
    + cast({{ regexp_extract(date_text, '-([0-9]{2})$') }} as integer)
{%- endmacro %}
