"""HTTP routes, a file for each group. The composition root gives them to `app.http_app`."""
