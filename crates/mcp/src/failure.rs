//! What went wrong, in a form that the protocol's layers can carry, and what it means for whoever called.

use std::fmt;

use hedgerow_agent_api::McpServer;
use hedgerow_errors::{Code, Error};
use rmcp::ServiceError;
use rmcp::model::{ErrorCode, ErrorData};
use rmcp::service::ClientInitializeError;
use rmcp::transport::DynamicTransportError;
use rmcp::transport::streamable_http_client::StreamableHttpError;

/// Characters of a server's own words that are told on.
const MOST_TOLD: usize = 300;

/// A failure of one request. The protocol's layers copy and box it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    code: Code,
    message: String,
    /// The cause; it may be the server's own words.
    said: String,
    hint: Option<String>,
}

impl Failure {
    /// An answer that does not say what was asked for.
    pub(crate) fn answer(message: impl Into<String>, said: &str) -> Self {
        Self {
            code: Code::Unavailable,
            message: message.into(),
            said: said.chars().take(MOST_TOLD).collect(),
            hint: None,
        }
    }

    /// A status that says that it did not work.
    pub(crate) fn status(status: u16, said: &str) -> Self {
        let (code, hint) = match status {
            401 | 403 => (Code::Denied, "the secret may be wrong or lack the right"),
            404 => (Code::UnknownName, "the address of the server may be another"),
            408 | 429 => (Code::Busy, "it wants fewer calls"),
            _ => (Code::Unavailable, "it is the other system's failure"),
        };
        Self {
            code,
            message: format!("the server answers {status}"),
            hint: Some(hint.to_owned()),
            ..Self::answer("", said)
        }
    }

    pub(crate) fn into_error(self) -> Error {
        let error = if self.said.is_empty() {
            Error::new(self.code, self.message)
        } else {
            Error::caused(self.code, self.message, self.said)
        };
        match self.hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (message, chain) = (error.message().to_owned(), error.chain());
        let said = chain.strip_prefix(&message).unwrap_or_default();
        Self {
            code: error.code(),
            said: said.trim_start_matches(": ").to_owned(),
            hint: error.hint().map(str::to_owned),
            message,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// What became of a request.
pub(crate) enum Lost {
    /// The server no longer knows the session, and so did nothing.
    Session,
    /// Something else.
    Other(Error),
}

/// What a failed call means. `broken` is what went wrong while the answer came, of which the protocol's layers only
/// say that it did not come.
pub(crate) fn of_call(error: ServiceError, broken: Option<Failure>, server: &McpServer) -> Lost {
    let error = match error {
        ServiceError::McpError(data) => return Lost::Other(of_server(&data, server)),
        ServiceError::TransportSend(error) => error,
        other => {
            let failure = broken.unwrap_or_else(|| no_answer(&other, server));
            return Lost::Other(failure.into_error());
        }
    };
    match transport_error(&error) {
        Some(StreamableHttpError::SessionExpired) => Lost::Session,
        Some(StreamableHttpError::Client(failure)) => Lost::Other(failure.clone().into_error()),
        _ => Lost::Other(broken.unwrap_or_else(|| no_answer(&error.error, server)).into_error()),
    }
}

/// What a session that could not be opened means.
pub(crate) fn of_opening(error: ClientInitializeError, broken: Option<Failure>, server: &McpServer) -> Error {
    match error {
        ClientInitializeError::JsonRpcError(data) => of_server(&data, server),
        ClientInitializeError::LegacyFallbackFailed { fallback, .. } => of_opening(*fallback, broken, server),
        ClientInitializeError::TransportError { error, .. } => match transport_error(&error) {
            Some(StreamableHttpError::Client(failure)) => failure.clone().into_error(),
            _ => broken.unwrap_or_else(|| no_answer(&error.error, server)).into_error(),
        },
        other => broken.unwrap_or_else(|| no_answer(&other, server)).into_error(),
    }
}

fn transport_error(error: &DynamicTransportError) -> Option<&StreamableHttpError<Failure>> {
    error.error.downcast_ref()
}

fn no_answer(error: &dyn fmt::Display, server: &McpServer) -> Failure {
    let message = format!("{} does not answer as a server of the protocol does", server.shown());
    Failure::answer(message, &error.to_string())
}

/// An error in the protocol's own form.
fn of_server(data: &ErrorData, server: &McpServer) -> Error {
    let (code, hint) = match data.code {
        ErrorCode::INVALID_PARAMS => (
            Code::InvalidArgument,
            "check the arguments against what the tool says of them",
        ),
        ErrorCode::METHOD_NOT_FOUND => (Code::UnknownName, "the server may offer no tools"),
        _ => (Code::Unavailable, "it is the other system's failure"),
    };
    let said: String = data.message.chars().take(MOST_TOLD).collect();
    let message = format!("{} answers with the error {}", server.shown(), data.code.0);
    Error::caused(code, message, said).with_hint(hint)
}

/// A call that the tool itself says failed.
pub(crate) fn of_tool(tool: &str, said: &str, server: &McpServer) -> Error {
    let message = format!("the tool {tool} of {} says that it failed", server.shown());
    let said: String = said.chars().take(MOST_TOLD).collect();
    Error::caused(Code::InvalidArgument, message, said).with_hint("what it says may tell what to change in the call")
}
