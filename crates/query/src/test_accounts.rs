//! Test accounts: the project's own people, whom queries leave out that say `filterTestAccounts`.

use hedgerow_data_api::{FilterGroup, FilterNode, GroupType, QuerySettings};
use hedgerow_errors::{Error, Result};

/// What all but test accounts meet, where a query wants them left out. Where nobody said who they are that is refused:
/// the numbers would be with them, and not say so.
pub(crate) fn conditions(settings: &QuerySettings, wanted: bool) -> Result<Option<&FilterGroup>> {
    if wanted && settings.test_account_filters.is_empty() {
        let message = "filterTestAccounts leaves out nobody: it is not set who the project's test accounts are";
        return Err(Error::invalid(message).with_hint(
            "set it with `hedgerow projects settings PROJECT --test-account-filters JSON`, or leave filterTestAccounts out",
        ));
    }
    Ok(wanted.then_some(&settings.test_account_filters))
}

/// Conditions with those on test accounts.
pub(crate) fn with_conditions(settings: &QuerySettings, wanted: bool, own: &FilterGroup) -> Result<FilterGroup> {
    let Some(others) = conditions(settings, wanted)? else {
        return Ok(own.clone());
    };
    let groups = [own, others].into_iter().filter(|group| !group.is_empty());
    Ok(FilterGroup {
        group_type: GroupType::And,
        values: groups.cloned().map(FilterNode::Group).collect(),
    })
}
