with pairs as (
    select * from {{ ref('int_editions_paired') }}
),

cells as (
    select * from {{ ref('int_edition_cells') }}
),

projects as (
    select * from {{ ref('int_projects_identified') }}
),

chains as (
    select * from {{ ref('int_projects_chained') }}
),

documents as (
    select * from {{ ref('int_documents_keyed') }}
),

later_rows as (
    select distinct
        document_key,
        project_year_key,
        row_identity
    from cells
),

later_cells as (
    select
        pairs.prior_document_key,
        pairs.has_all_prior_projects,
        cells.*
    from pairs
    inner join cells on pairs.document_key = cells.document_key
),

earlier_cells as (
    select
        pairs.document_key as next_document_key,
        pairs.is_whole,
        pairs.has_all_projects,
        cells.*
    from pairs
    inner join cells on pairs.prior_document_key = cells.document_key
),

-- a cell that the later edition prints, beside the same cell of the earlier one
printed as (
    select
        later_cells.document_key,
        later_cells.prior_document_key,
        later_cells.project_year_key,
        later_cells.row_identity,
        later_cells.record_no,
        later_cells.cell,
        later_cells.cell_text,
        earlier_cells.cell_text as prior_cell_text,
        later_cells.cell_fold,
        earlier_cells.cell_fold as prior_cell_fold,
        later_cells.page,
        later_cells.x0,
        later_cells.y0,
        later_cells.x1,
        later_cells.y1,
        prior_row.document_key is not null as has_prior_row,
        -- a project that the earlier edition may hold back is not known to be new
        later_cells.has_all_prior_projects or prior_project.document_key is not null as is_prior_read
    from later_cells
    left join earlier_cells
        on
            later_cells.document_key = earlier_cells.next_document_key
            and later_cells.project_year_key = earlier_cells.project_year_key
            and later_cells.row_identity = earlier_cells.row_identity
            and later_cells.cell = earlier_cells.cell
    left join later_rows as prior_row
        on
            later_cells.prior_document_key = prior_row.document_key
            and later_cells.project_year_key = prior_row.project_year_key
            and later_cells.row_identity = prior_row.row_identity
    left join later_rows as prior_project
        on
            later_cells.prior_document_key = prior_project.document_key
            and later_cells.project_year_key = prior_project.project_year_key
            and prior_project.row_identity = ''
),

-- a cell that only the earlier edition prints; a correction of some projects says nothing of the others, nor does one
-- of which projects are held back
missing as (
    select
        earlier_cells.next_document_key as document_key,
        earlier_cells.document_key as prior_document_key,
        earlier_cells.project_year_key,
        earlier_cells.row_identity,
        earlier_cells.record_no,
        earlier_cells.cell,
        cast(null as varchar) as cell_text,
        earlier_cells.cell_text as prior_cell_text,
        earlier_cells.page,
        earlier_cells.x0,
        earlier_cells.y0,
        earlier_cells.x1,
        earlier_cells.y1,
        next_row.document_key is not null as has_next_row
    from earlier_cells
    left join later_cells
        on
            earlier_cells.next_document_key = later_cells.document_key
            and earlier_cells.project_year_key = later_cells.project_year_key
            and earlier_cells.row_identity = later_cells.row_identity
            and earlier_cells.cell = later_cells.cell
    left join later_rows as next_row
        on
            earlier_cells.next_document_key = next_row.document_key
            and earlier_cells.project_year_key = next_row.project_year_key
            and earlier_cells.row_identity = next_row.row_identity
    left join later_rows as next_project
        on
            earlier_cells.next_document_key = next_project.document_key
            and earlier_cells.project_year_key = next_project.project_year_key
            and next_project.row_identity = ''
    where
        later_cells.document_key is null
        and ((earlier_cells.is_whole and earlier_cells.has_all_projects) or next_project.document_key is not null)
),

-- a row that came or went is one change, told by its indicator; a project that came or went, by its rows
changes as (
    select
        document_key,
        prior_document_key,
        project_year_key,
        row_identity,
        record_no,
        cell,
        case when has_prior_row then 'changed' else 'added' end as change,
        cell_text,
        prior_cell_text,
        page,
        x0,
        y0,
        x1,
        y1
    from printed
    where
        (has_prior_row and coalesce(cell_fold, '') <> coalesce(prior_cell_fold, ''))
        or (not has_prior_row and cell = 'indicator' and is_prior_read)
    union all
    select
        document_key,
        prior_document_key,
        project_year_key,
        row_identity,
        record_no,
        cell,
        case when has_next_row then 'changed' else 'removed' end as change,
        cell_text,
        prior_cell_text,
        page,
        x0,
        y0,
        x1,
        y1
    from missing
    where has_next_row or cell = 'indicator'
),

named as (
    select
        project_year_key,
        max(project_name) as project_name,
        max(unit_name) as unit_name
    from projects
    group by project_year_key
)

select
    {{ surrogate_key([
        'changes.document_key',
        'changes.prior_document_key',
        'changes.project_year_key',
        'changes.row_identity',
        'changes.cell'
    ]) }} as edition_change_key,
    changes.document_key,
    changes.prior_document_key,
    documents.publisher_key,
    chains.project_key,
    documents.fiscal_year,
    documents.document_kind,
    named.unit_name,
    named.project_name,
    changes.record_no,
    nullif(changes.row_identity, '') as indicator_row,
    changes.cell,
    changes.change,
    changes.cell_text,
    changes.prior_cell_text,
    changes.page,
    changes.x0,
    changes.y0,
    changes.x1,
    changes.y1
from changes
inner join documents on changes.document_key = documents.document_key
inner join chains on changes.project_year_key = chains.project_year_key
inner join named on changes.project_year_key = named.project_year_key
