"""Every figure that the README quotes: ``make bench``. Takes about an hour on two cores."""

from benchmarks import first_row, generation, million_rows, peak, rows_per_second

first_row.main()
rows_per_second.main(["--plot", "docs/rows_per_second.svg"])
peak.main([])
generation.main([])
million_rows.main()
