"""Every figure that the README quotes: ``make bench``."""

from benchmarks import first_row, generation, rows_per_second

first_row.main()
rows_per_second.main()
generation.main()
