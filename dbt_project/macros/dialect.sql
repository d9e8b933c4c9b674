{#- Everything in which DuckDB and PostgreSQL differ, and nothing else. -#}

{#- The hash of a text, 32 hexadecimal digits. -#}
{% macro hash_text(expression) -%}
    md5({{ expression }})
{%- endmacro %}


{#- The first group that a pattern captures; null where it does not match. -#}
{% macro regexp_extract(expression, pattern) -%}
    {%- if target.type == 'postgres' -%}
    nullif((regexp_match({{ expression }}, '{{ pattern }}'))[1], '')
    {%- else -%}
    nullif(regexp_extract({{ expression }}, '{{ pattern }}', 1), '')
    {%- endif -%}
{%- endmacro %}


{#- The characters of a text in order, so that two texts with the same words in another order are equal. -#}
{% macro sort_characters(expression) -%}
    {%- if target.type == 'postgres' -%}
    (
        select string_agg(letters.letter, '' order by letters.letter collate "C")
        from unnest(string_to_array({{ expression }}, null)) as letters (letter)
    )
    {%- else -%}
    array_to_string(list_sort(string_split({{ expression }}, '')), '')
    {%- endif -%}
{%- endmacro %}


{#- Distinct texts in one, in order. -#}
{% macro list_texts(expression, separator='、') -%}
    {%- if target.type == 'postgres' -%}
    string_agg(
        distinct cast({{ expression }} as text) collate "C", '{{ separator }}'
        order by cast({{ expression }} as text) collate "C"
    )
    {%- else -%}
    array_to_string(list_sort(list_distinct(list({{ expression }}))), '{{ separator }}')
    {%- endif -%}
{%- endmacro %}


{#- part / whole * 100, rounded half away from zero to 4 decimals; null where whole is 0 or null.
    DuckDB divides decimals as floats, so there it is done in whole numbers: both sides have at most
    10 decimals and stay under 10^16. -#}
{% macro percent_of(part, whole) -%}
    {%- if target.type == 'postgres' -%}
    case
        when {{ whole }} <> 0 and abs({{ part }}) < 1e16 and abs({{ whole }}) < 1e16
            then cast(round({{ part }} * 100 / {{ whole }}, 4) as decimal(38, 4))
    end
    {%- else -%}
    case
        when {{ whole }} <> 0 and abs({{ part }}) < 1e16 and abs({{ whole }}) < 1e16
            then cast(
                cast(
                    sign({{ part }}) * sign({{ whole }}) * (
                        (
                            2 * cast(cast(abs({{ part }}) as decimal(26, 10)) * 10000000000 as hugeint) * 1000000
                            + cast(cast(abs({{ whole }}) as decimal(26, 10)) * 10000000000 as hugeint)
                        )
                        // (2 * cast(cast(abs({{ whole }}) as decimal(26, 10)) * 10000000000 as hugeint))
                    ) as decimal(38, 0)
                ) * 0.0001 as decimal(38, 4)
            )
    end
    {%- endif -%}
{%- endmacro %}


{#- What the planner must know of a table just made. PostgreSQL guesses otherwise, and joined 140,000 rows by nested loops
    for minutes; DuckDB counts for itself. -#}
{% macro gather_statistics(relation=none) -%}
    {%- if target.type == 'postgres' and config.get('materialized') in ('table', 'incremental') -%}
    analyze {{ relation or this }}
    {%- endif -%}
{%- endmacro %}
