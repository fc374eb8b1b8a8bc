#!/bin/sh
# A compiler that tells libFuzzer which code of ours, and of the parser of SQL, an input reaches. The rest of the query
# engine would take an hour to build that way, and what it says would drown what ours does. What runs while building has
# no --target.
compiler=$1
shift
case "$CARGO_PKG_NAME $*" in
hedgerow-*" --target "* | sqlparser*" --target "*) exec "$compiler" "$@" $HEDGEROW_COVERAGE ;;
*) exec "$compiler" "$@" ;;
esac
