"""Orders over HTTP while web servers are killed and the database is stopped, on PostgreSQL.

Eight clients write what they intend and what they were told (`log`); `checker` holds that against
what the database has in the end. `house` starts and stops everything, `marksman` shoots, `points`
are the places where a worker dies. The short form is part of `make test`, the long one `make soak`.
"""
