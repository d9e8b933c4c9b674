{#- Builds of the partitions that changed. `extract/warehouse/partitions.py` writes them into raw.changed_partitions and
    raw.changed_documents and then runs dbt with DBT_CHANGED_ONLY=1 in its environment. Staging hands on their rows
    alone, so intermediate models hold nothing else; marts keep the rows of all partitions and replace those of the changed
    ones. A mart says in `meta.partition` which of its columns tells the partition: publisher_key or code_scope. Without
    that everything is built again. -#}

{#- Whether only the changed partitions are built. Asked when a model runs and never while the project is parsed: dbt
    parses a project again whose variables or environment are others than last time. -#}
{% macro changed_only() -%}
    {%- do return(execute and env_var('DBT_CHANGED_ONLY', '') == '1') -%}
{%- endmacro %}


{#- dbt's own question: whether a mart is made anew. -#}
{% macro should_full_refresh() -%}
    {%- if config.get('materialized') == 'incremental' -%}
        {%- do return(not changed_only()) -%}
    {%- endif -%}
    {%- do return(flags.FULL_REFRESH) -%}
{%- endmacro %}


{#- The changed partitions, as values of such a column. -#}
{% macro changed_partitions(column) -%}
    {%- if column == 'publisher_key' -%}
    (select {{ surrogate_key(['publisher_code']) }} from raw.changed_partitions)
    {%- elif column == 'code_scope' -%}
    (select code_scope from raw.changed_partitions)
    {%- else -%}
    {{ exceptions.raise_compiler_error("a partition is told by publisher_key or code_scope, not by " ~ column) }}
    {%- endif -%}
{%- endmacro %}


{#- A raw table: in a build of changed partitions only their rows. -#}
{% macro staged_rows(table, column='sha256') -%}
    {{ source('jixiao', table) }}
    {%- if changed_only() %}
    where {{ column }} in (
        {%- if column == 'sha256' -%}
        select sha256 from raw.changed_documents
        {%- else -%}
        select {{ column }} from raw.changed_partitions
        {%- endif -%}
    )
    {%- endif -%}
{%- endmacro %}


{#- A mart that another model reads: in a build of changed partitions only their rows. -#}
{% macro changed_rows(relation, column='publisher_key') -%}
    {%- if changed_only() -%}
    (select * from {{ relation }} where {{ column }} in {{ changed_partitions(column) }}) as changed_rows
    {%- else -%}
    {{ relation }}
    {%- endif -%}
{%- endmacro %}


{#- The incremental strategy `replace_partitions`. Deleted are the changed partitions and not the keys that come back: a
    partition may have lost rows, or all of them. -#}
{% macro get_incremental_replace_partitions_sql(arg_dict) -%}
    {%- set column = config.require('meta')['partition'] -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    delete from {{ arg_dict['target_relation'] }}
    where {{ column }} in {{ changed_partitions(column) }};
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }}
    where {{ column }} in {{ changed_partitions(column) }}
{%- endmacro %}


{#- A generic test of a mart: in a build of changed partitions it looks at their rows, the others were tested when they
    were built. A full build tests all of them, and nothing_staged_is_lost counts all rows in either. -#}
{% macro get_where_subquery(relation) -%}
    {%- set tested = graph.nodes.get(model.get('attached_node')) if execute else none -%}
    {%- set column = tested.config.meta.get('partition') if tested else none -%}
    {%- if changed_only() and column -%}
        {%- do return(changed_rows(relation, column)) -%}
    {%- endif -%}
    {%- do return(default__get_where_subquery(relation)) -%}
{%- endmacro %}
