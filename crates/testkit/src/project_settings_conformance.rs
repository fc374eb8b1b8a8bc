//! The promises of a store of projects' settings, as one suite that each implementation's tests call.

use std::future::Future;
use std::sync::Arc;

use chrono::{DateTime, TimeZone, Utc};
use hedgerow_agent_api::{ProjectSettings, Stage};

/// Runs the whole suite; `make` gives an empty store each time.
pub async fn project_settings_conformance<F, Fut>(make: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = Arc<dyn ProjectSettings>>,
{
    let settings = make().await;
    let (site, shop) = ("site".parse().unwrap(), "shop".parse().unwrap());
    assert_eq!(settings.early_access(&site).await.unwrap(), Stage::Ga);
    for stage in [Stage::Beta, Stage::Idea, Stage::Alpha] {
        settings.set_early_access(&site, stage, "ann", noon()).await.unwrap();
        assert_eq!(settings.early_access(&site).await.unwrap(), stage);
        assert_eq!(settings.early_access(&shop).await.unwrap(), Stage::Ga);
    }
}

fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 5, 20, 12, 0, 0).single().unwrap()
}
