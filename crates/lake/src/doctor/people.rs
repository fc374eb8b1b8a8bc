//! Whether persons and groups are what events and merges say, and what was left out of them.

use hedgerow_data_api::Severity;
use hedgerow_errors::Result;
use sqlx::SqliteConnection;

use super::Findings;
use crate::people::{self, PeopleChanges};
use crate::sqlite_error::failed;

/// Ids that belong to another person though no merge says so.
const UNEXPLAINED: &str = "root_key <> person_key
    AND NOT EXISTS (SELECT 1 FROM hedgerow_merge WHERE target = distinct_id)
    AND NOT EXISTS (SELECT 1 FROM hedgerow_merge WHERE other = distinct_id)";

/// What the overrides should be: of each id that belongs to another person its own key, and of each key
/// that older files carry the person of its id.
const EXPECTED: &str = "SELECT person_key AS raw_key, person_key AS own_key, root_key AS person_key FROM hedgerow_id WHERE root_key <> person_key
    UNION ALL SELECT o.raw_key, o.own_key, coalesce(i.root_key, o.own_key) FROM hedgerow_override o
    LEFT JOIN hedgerow_id i ON i.person_key = o.own_key WHERE o.raw_key <> o.own_key";

/// Whether the rows can be read. Only then can anything else be told of persons.
pub(super) async fn rows(connection: &mut SqliteConnection, findings: &mut Findings) -> Result<bool> {
    let unreadable = people::unreadable(connection).await?;
    if unreadable.is_empty() {
        return Ok(true);
    }
    let message = format!("{} rows of persons, merges or groups can't be read", unreadable.len());
    if !findings.repairable("persons", Severity::Error, message) {
        return Ok(false);
    }
    // They are made again of the events.
    people::remove(connection, &unreadable).await?;
    Ok(true)
}

/// What events say and the catalog does not know.
#[derive(Default)]
pub(super) struct Unknown {
    ids: u64,
    groups: u64,
    /// Taken in at the end, when all ids are there.
    merges: PeopleChanges,
}

impl Unknown {
    /// Compares what some events say with what the catalog knows, and takes it in where that is wanted.
    pub(super) async fn add(
        &mut self,
        connection: &mut SqliteConnection,
        said: PeopleChanges,
        findings: &Findings,
    ) -> Result<()> {
        let mut missing = people::missing(connection, said).await?;
        self.ids += missing.ids.len() as u64;
        self.groups += missing.groups.len() as u64;
        self.merges.ops.append(&mut missing.ops);
        if findings.options.repair && !missing.is_empty() {
            people::apply(connection, &missing).await?;
        }
        Ok(())
    }

    /// Says what was found.
    pub(super) async fn end(mut self, connection: &mut SqliteConnection, findings: &mut Findings) -> Result<()> {
        people::keep_known(connection, &mut self.merges.ops).await?;
        for (count, what) in [
            (
                self.ids,
                "distinct ids are missing, or less is known of them than events say",
            ),
            (
                self.groups,
                "groups are missing, or less is known of them than events say",
            ),
            (self.merges.ops.len() as u64, "merges that events ask for are missing"),
        ] {
            if count > 0 {
                findings.repairable("persons", Severity::Error, format!("{count} {what}"));
            }
        }
        if findings.options.repair && !self.merges.ops.is_empty() {
            people::apply(connection, &self.merges).await?;
        }
        Ok(())
    }
}

/// Whether merges lead where they should.
pub(super) async fn merges(connection: &mut SqliteConnection, findings: &mut Findings) -> Result<()> {
    let step = failed("cannot check merged persons");
    let astray = people::astray(connection, findings.options.repair).await?;
    if astray > 0 {
        let message = format!("{astray} distinct ids or refused merges are not what all merges make of them");
        findings.repairable("persons", Severity::Error, message);
    }
    let unexplained = format!("SELECT count(*) FROM hedgerow_id WHERE {UNEXPLAINED}");
    let unexplained = sqlx::query_scalar(sqlx::AssertSqlSafe(unexplained));
    let unexplained: i64 = unexplained.fetch_one(&mut *connection).await.map_err(&step)?;
    if unexplained > 0 {
        let message = format!("{unexplained} distinct ids belong to another person though no merge says so");
        if findings.repairable("persons", Severity::Error, message) {
            let alone = format!("UPDATE hedgerow_id SET root_key = person_key WHERE {UNEXPLAINED}");
            let alone = sqlx::query(sqlx::AssertSqlSafe(alone)).execute(&mut *connection).await;
            alone.map_err(&step)?;
        }
    }
    let differ = format!(
        "SELECT (SELECT count(*) FROM (SELECT raw_key, own_key, person_key FROM hedgerow_override EXCEPT SELECT * FROM ({EXPECTED})))
              + (SELECT count(*) FROM (SELECT * FROM ({EXPECTED}) EXCEPT SELECT raw_key, own_key, person_key FROM hedgerow_override))"
    );
    let differ = sqlx::query_scalar(sqlx::AssertSqlSafe(differ));
    let differ: i64 = differ.fetch_one(&mut *connection).await.map_err(&step)?;
    if differ > 0 {
        let message = format!("{differ} entries that lead from event keys to persons are missing or lead elsewhere");
        if findings.repairable("overrides", Severity::Error, message) {
            let rebuild = format!(
                "CREATE TEMP TABLE doctor_override AS {EXPECTED};
                 DELETE FROM hedgerow_override;
                 INSERT INTO hedgerow_override SELECT raw_key, own_key, person_key FROM temp.doctor_override;
                 DROP TABLE temp.doctor_override;"
            );
            let rebuilt = sqlx::raw_sql(sqlx::AssertSqlSafe(rebuild)).execute(connection).await;
            rebuilt.map_err(&step)?;
        }
    }
    Ok(())
}

/// What events said of persons and groups and could not be done. It is no damage, and nobody else says it.
pub(super) async fn notes(connection: &mut SqliteConnection, findings: &mut Findings) -> Result<()> {
    let refused = "SELECT reason, count(*) FROM hedgerow_merge_refusal GROUP BY reason ORDER BY reason";
    let refused = sqlx::query_as(refused).fetch_all(&mut *connection).await;
    let refused: Vec<(String, i64)> = refused.map_err(failed("cannot read refused merges"))?;
    for (reason, count) in refused {
        findings.info(
            "refused_merges",
            format!("{count} merges of persons were refused: {reason}"),
        );
    }
    for (kind, count) in people::ignored(connection).await? {
        let message = format!("{count} events said something of persons or groups that can't be used: {kind}");
        findings.info("ignored", message);
    }
    let collisions = people::collisions(connection).await?;
    if let Some((id, _, kept)) = collisions.first() {
        let count = collisions.len();
        let message =
            format!("{count} distinct ids have the key of another one and count as that one, as {id:?} and {kept:?}");
        findings.info("key_collisions", message);
    }
    Ok(())
}
