//! The JSON in the guide is what the program reads and writes.

use hedgerow_agent_api::{ModelReply, ModelRequest};
use hedgerow_models::ScriptedModel;
use serde_json::Value;

use crate::sample::root;

#[test]
fn guide_shows_requests_replies_and_scripts_that_are_read() {
    let guide = fs_err::read_to_string(root().join("docs/guides/models.md")).unwrap();
    let blocks = guide
        .split("```json\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap());
    let (mut requests, mut replies, mut scripts) = (0, 0, 0);
    for block in blocks {
        let value: Value = serde_json::from_str(block).unwrap_or_else(|error| panic!("{error} in {block}"));
        if value.get("messages").is_some() {
            let request: ModelRequest = serde_json::from_value(value.clone()).unwrap();
            assert_eq!(
                serde_json::to_value(request).unwrap(),
                value,
                "no field is unknown or left out"
            );
            requests += 1;
        } else if value.get("replies").is_some() {
            let file = tempfile::NamedTempFile::new().unwrap();
            fs_err::write(file.path(), block).unwrap();
            ScriptedModel::load(file.path()).unwrap();
            scripts += 1;
        } else {
            serde_json::from_value::<ModelReply>(value).unwrap_or_else(|error| panic!("{error} in {block}"));
            replies += 1;
        }
    }
    assert!(
        requests >= 1 && replies >= 2 && scripts >= 1,
        "{requests} {replies} {scripts}"
    );
}
