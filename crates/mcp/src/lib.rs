//! The Model Context Protocol: tools of other systems' servers, for products.
pub use rmcp::RoleClient;
