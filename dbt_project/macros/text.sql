{#- Text by which two printings of one name are equal. The same functions on DuckDB and PostgreSQL. -#}

{#- One character for one character: full width to half, every kind of bracket, dash, quote and sign to one. -#}
{% macro fold_width(expression) -%}
    translate(
        lower({{ expression }}),
        '０１２３４５６７８９ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ（［【〔｛〖[{）］】〕｝〗]}－—–―─‐‑−：，；．！？／％＝＋＊＆＃“”„″＂‘’＇《〈＜》〉＞≧≦～∼　•・∙',
        '0123456789abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz(((((((())))))))--------:,;.!?/%=+*&#""""""""<<<>>>≥≤~~ ···'
    )
{%- endmacro %}


{#- fold_width without blanks: width, brackets and blanks make no difference. -#}
{% macro fold_text(expression) -%}
    translate(
        {{ fold_width(expression) }},
        ' ' || chr(9) || chr(10) || chr(13) || chr(160) || chr(8203) || chr(65279),
        ''
    )
{%- endmacro %}


{#- The printed code and its separator in front of a name: `102001-`, `(433001)`, `[015001]`; null where none is printed.
    A code has at least `digits` characters, so that `5G-` or `(1)` in front of a name is no code. -#}
{% macro code_prefix(expression, digits) -%}
    {%- set core = '[a-z]{0,4}[0-9][0-9a-z.]{' ~ (digits - 1) ~ ',}' -%}
    {{ regexp_extract(fold_width("trim(" ~ expression ~ ")"), '^([(]' ~ core ~ '[)]-*|' ~ core ~ '[-:]+)') }}
{%- endmacro %}

{#- The code of a printed `code-name`, upper case; null where none is printed. -#}
{% macro split_code(expression, digits=1) -%}
    upper(translate({{ code_prefix(expression, digits) }}, '()-:', ''))
{%- endmacro %}

{#- The name of a printed `code-name`, as printed; the code where no name is printed. -#}
{% macro split_name(expression, digits=1) -%}
    coalesce(
        nullif(trim(substr(trim({{ expression }}), coalesce(length({{ code_prefix(expression, digits) }}), 0) + 1)), ''),
        {{ split_code(expression, digits) }}
    )
{%- endmacro %}


{#- A folded project name without what makes no other project of it: 经费, 工作经费, 专项资金 … at its end or before a
    bracket at its end. -#}
{% macro strip_project_suffix(folded) -%}
    coalesce(
        nullif(
            regexp_replace(
                {{ folded }},
                '(工作|专项|项目|业务)*(经费|费用|资金|费)?([(][^()]*[)])?$',
                '\3'
            ),
            ''
        ),
        {{ folded }}
    )
{%- endmacro %}

{#- A stripped project name without its years and with its characters in order: 2024年降尘抑尘 = 2025年抑尘降尘. -#}
{% macro reorder_project_name(stripped) -%}
    {{ sort_characters("coalesce(nullif(regexp_replace(" ~ stripped ~ ", '20[0-9][0-9](年度|年)?', '', 'g'), ''), " ~ stripped ~ ")") }}
{%- endmacro %}


{#- A level's name without 指标 at its end: 社会效益 = 社会效益指标. -#}
{% macro fold_level(expression) -%}
    coalesce(
        nullif(regexp_replace({{ fold_text(split_name(expression)) }}, '指标$', ''), ''),
        {{ fold_text(split_name(expression)) }}
    )
{%- endmacro %}

{#- A folded indicator name without a bracket at its end: 群众满意度(%) = 群众满意度. -#}
{% macro strip_indicator_brackets(folded) -%}
    coalesce(nullif(regexp_replace({{ folded }}, '[(][^()]*[)]$', ''), ''), {{ folded }})
{%- endmacro %}
