"""The typed columns that the peers' tables are made of: `columns.py EXPORT CATALOG FOLDER`."""
import sys

from engines import typed_columns

typed_columns(*sys.argv[1:])
