{{ compare_years(var('from_year', 2024), var('to_year', 2025)) }}
