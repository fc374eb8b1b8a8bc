//! The ways in which tools reach other systems.

use std::sync::Arc;

use async_trait::async_trait;
use hedgerow_errors::{Code, Error, Result};
use serde_json::{Map, Value};

use crate::egress::{Egress, EgressRequest, EgressResponse};
use crate::mcp::{McpClient, McpReply, McpServer, McpTool};

/// What tools that reach other systems are given.
#[derive(Clone)]
pub struct Outside {
    /// Requests over HTTP.
    pub egress: Arc<dyn Egress>,
    /// Tools of other servers.
    pub mcp: Arc<dyn McpClient>,
}

impl Outside {
    /// No way outside: everything is denied.
    #[must_use]
    pub fn nowhere() -> Self {
        Self {
            egress: Arc::new(Nowhere),
            mcp: Arc::new(Nowhere),
        }
    }
}

struct Nowhere;

fn denied<T>() -> Result<T> {
    Err(Error::new(Code::Denied, "nothing outside can be reached from here"))
}

#[async_trait]
impl Egress for Nowhere {
    async fn send(&self, _: &EgressRequest) -> Result<EgressResponse> {
        denied()
    }
}

#[async_trait]
impl McpClient for Nowhere {
    async fn tools(&self, _: &McpServer) -> Result<Vec<McpTool>> {
        denied()
    }

    async fn call(&self, _: &McpServer, _: &McpTool, _: Map<String, Value>) -> Result<McpReply> {
        denied()
    }
}
