"""What outlives the process: the journal, the tables drawn from it, and who reads them. The only importer of sqlite_utils."""
