//! The promises of a store of projects' settings, as one suite that each implementation's tests call.

use std::future::Future;
use std::sync::Arc;

use chrono::{DateTime, TimeZone, Utc};
use hedgerow_agent_api::{ProjectSettings, Stage};
use hedgerow_data_api::QuerySettings;

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
    assert_eq!(settings.query_settings(&site).await.unwrap(), QuerySettings::default());
    let filters = r#"[{"key": "email", "value": "@example.com", "operator": "not_icontains", "type": "person"}]"#;
    for wanted in [
        r#"{"timezone": "Australia/Lord_Howe"}"#.to_owned(),
        r#"{"path_cleaning_filters": [{"regex": "/[0-9]+", "alias": "/:id"}]}"#.to_owned(),
        format!(r#"{{"test_account_filters": {filters}}}"#),
    ] {
        let wanted: QuerySettings = serde_json::from_str(&wanted).unwrap();
        settings
            .set_query_settings(&site, &wanted, "ann", noon())
            .await
            .unwrap();
        assert_eq!(settings.query_settings(&site).await.unwrap(), wanted);
        assert_eq!(settings.query_settings(&shop).await.unwrap(), QuerySettings::default());
    }
    // The one setting leaves the other alone.
    assert_eq!(settings.early_access(&site).await.unwrap(), Stage::Alpha);
}

fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 5, 20, 12, 0, 0).single().unwrap()
}
