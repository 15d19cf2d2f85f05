"""What a container of the database image does before and beside PostgreSQL and Patroni.

`start` puts the pieces together. `filesystem`, `certificates` and `facts` touch the container, all
else is pure functions from the environment, and what `facts` has found, to text or data.
"""
