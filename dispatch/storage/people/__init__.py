"""People on file and their logins: what orders and HTTP routes do to them, each in one transaction of the journal's thread."""
