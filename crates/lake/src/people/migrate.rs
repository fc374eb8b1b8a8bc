//! From the persons of a catalog of form 1 to these.

use hedgerow_errors::Result;
use serde_json::json;
use sqlx::SqliteConnection;

use super::keys::person_key;
use crate::sqlite_error::failed;

/// Distinct ids that are rewritten in one statement.
const ROWS: u32 = 20_000;

/// Rewrites the persons of form 1 and drops their table; the tables of `catalog/people.sql` are there.
///
/// Files of that form carry keys that were given out one by one. Each leads to the key that follows
/// from its distinct id. A new key that equals an old one would join two persons; with a million old
/// keys and a million new ones the chance is one in nine million.
pub(crate) async fn migrate(connection: &mut SqliteConnection) -> Result<()> {
    let step = failed("cannot rewrite the catalog's persons");
    let mut last = 0_i64;
    loop {
        let rows = sqlx::query_as(
            "SELECT person_key, distinct_id FROM hedgerow_person WHERE person_key > ? ORDER BY person_key LIMIT ?",
        );
        let rows = rows.bind(last).bind(ROWS).fetch_all(&mut *connection).await;
        let rows: Vec<(i64, String)> = rows.map_err(&step)?;
        let Some((newest, _)) = rows.last() else {
            break;
        };
        last = *newest;
        let keys: Vec<(i64, i64)> = rows.iter().map(|(old, id)| (*old, person_key(id))).collect();
        sqlx::query("INSERT INTO hedgerow_override SELECT value ->> 0, value ->> 1, value ->> 1 FROM json_each(?)")
            .bind(json!(keys).to_string())
            .execute(&mut *connection)
            .await
            .map_err(&step)?;
    }
    let dropped = sqlx::query("DROP TABLE hedgerow_person").execute(connection).await;
    dropped.map_err(&step)?;
    Ok(())
}
