//! Streamable HTTP over the one way outside.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use hedgerow_agent_api::{Egress, EgressRequest, EgressStream, McpServer};
use hedgerow_errors::Error;
use http::{HeaderName, HeaderValue};
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, ErrorData, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
};
use sse_stream::{Sse, SseStream};

use crate::failure::Failure;

const SESSION: &str = "mcp-session-id";
const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";

type Outcome<T> = Result<T, StreamableHttpError<Failure>>;
type Events = BoxStream<'static, Result<Sse, SseError>>;

/// What went wrong while an answer came.
pub(crate) type Broken = Arc<Mutex<Option<Failure>>>;

/// The transport's HTTP client: each message is a request on behalf of the product.
#[derive(Clone)]
pub(crate) struct Transport {
    egress: Arc<dyn Egress>,
    server: Arc<McpServer>,
    broken: Broken,
}

impl Transport {
    pub(crate) fn new(egress: Arc<dyn Egress>, server: McpServer, broken: Broken) -> Self {
        Self {
            egress,
            server: Arc::new(server),
            broken,
        }
    }

    async fn send(
        &self,
        method: &str,
        session: Option<&str>,
        more: HashMap<HeaderName, HeaderValue>,
        body: Option<String>,
    ) -> Outcome<EgressStream> {
        let mut headers = vec![("Accept".to_owned(), format!("{JSON}, {EVENTS}"))];
        if let Some(session) = session {
            headers.push((SESSION.to_owned(), session.to_owned()));
        }
        for (name, value) in more {
            let text = value.to_str().map_err(|_| {
                let message = format!("the header {name} of the protocol can't be sent");
                StreamableHttpError::Client(Failure::from(Error::invalid(message)))
            })?;
            headers.push((name.as_str().to_owned(), text.to_owned()));
        }
        headers.extend(self.server.headers.iter().cloned());
        let request = EgressRequest {
            product: self.server.product.clone(),
            hosts: self.server.hosts.clone(),
            method: method.to_owned(),
            url: self.server.url.clone(),
            headers,
            body,
        };
        self.egress.open(&request).await.map_err(|error| self.broke(error))
    }

    /// Keeps what went wrong: where it does so in the middle of an answer, nobody passes it on.
    fn broke(&self, error: Error) -> StreamableHttpError<Failure> {
        let failure = Failure::from(error);
        *self.broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure.clone());
        StreamableHttpError::Client(failure)
    }

    fn events(&self, answer: EgressStream) -> Events {
        let this = self.clone();
        let bytes = answer.lines.map(move |line| match line {
            Ok(line) => Ok(Bytes::from(line + "\n")),
            Err(error) => {
                let _ = this.broke(error);
                Err(std::io::Error::other("the answer broke off"))
            }
        });
        SseStream::from_bytes_stream(bytes).boxed()
    }

    /// A message that is the whole answer.
    async fn message(&self, answer: EgressStream, session: Option<String>) -> Outcome<StreamableHttpPostResponse> {
        let text = answer.text().await.map_err(|error| self.broke(error))?;
        let message = serde_json::from_str(&text).map_err(|error| {
            let message = format!("{} answers with no message of the protocol", self.server.shown());
            StreamableHttpError::Client(Failure::answer(message, &error.to_string()))
        })?;
        Ok(StreamableHttpPostResponse::Json(message, session))
    }

    /// An answer whose status says that it did not work. An error in the protocol's form is passed on as the answer
    /// to the request, with its id, which servers leave out where they refuse a request before they read it.
    async fn refused(&self, answer: EgressStream, asked: &ClientJsonRpcMessage) -> Outcome<StreamableHttpPostResponse> {
        let status = answer.status;
        let said = answer.text().await.map_err(|error| self.broke(error))?;
        let failure = || StreamableHttpError::Client(Failure::status(status, &said));
        let ClientJsonRpcMessage::Request(request) = asked else {
            return Err(failure());
        };
        if matches!(status, 401 | 403) {
            return Err(failure());
        }
        let error = match serde_json::from_str(&said) {
            Ok(ServerJsonRpcMessage::Error(error)) => error.error,
            // A server of the earlier era does not know this request, and may say so in any form.
            _ if (400..500).contains(&status) && matches!(request.request, ClientRequest::DiscoverRequest(_)) => {
                ErrorData::invalid_request(format!("the server answers {status}"), None)
            }
            _ => return Err(failure()),
        };
        let message = ServerJsonRpcMessage::error(error, Some(request.id.clone()));
        Ok(StreamableHttpPostResponse::Json(message, None))
    }
}

impl StreamableHttpClient for Transport {
    type Error = Failure;

    async fn post_message(
        &self,
        _: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        _: Option<String>,
        headers: HashMap<HeaderName, HeaderValue>,
    ) -> Outcome<StreamableHttpPostResponse> {
        let body = serde_json::to_string(&message)?;
        let answer = self.send("POST", session.as_deref(), headers, Some(body)).await?;
        match answer.status {
            202 | 204 => return Ok(StreamableHttpPostResponse::Accepted),
            200..=299 => {}
            404 if session.is_some() => return Err(StreamableHttpError::SessionExpired),
            _ => return self.refused(answer, &message).await,
        }
        let made = answer.header(SESSION).map(str::to_owned);
        let kind = answer.header("content-type").unwrap_or_default();
        match kind
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
            .as_str()
        {
            EVENTS => Ok(StreamableHttpPostResponse::Sse(self.events(answer), made)),
            JSON => self.message(answer, made).await,
            // What nobody waits for may be answered with anything.
            _ if !matches!(message, ClientJsonRpcMessage::Request(_)) => Ok(StreamableHttpPostResponse::Accepted),
            _ => {
                let message = format!("{} answers with neither JSON nor events", self.server.shown());
                let kind = kind.to_owned();
                Err(StreamableHttpError::Client(Failure::answer(message, &kind)))
            }
        }
    }

    async fn delete_session(
        &self,
        _: Arc<str>,
        session: Arc<str>,
        _: Option<String>,
        headers: HashMap<HeaderName, HeaderValue>,
    ) -> Outcome<()> {
        let answer = self.send("DELETE", Some(&session), headers, None).await?;
        match answer.status {
            // A server may keep its sessions to itself, or have ended this one.
            200..=299 | 404 | 405 => Ok(()),
            status => Err(StreamableHttpError::Client(Failure::status(status, ""))),
        }
    }

    async fn get_stream(
        &self,
        _: Arc<str>,
        session: Option<Arc<str>>,
        last: Option<String>,
        _: Option<String>,
        mut headers: HashMap<HeaderName, HeaderValue>,
    ) -> Outcome<Events> {
        // Nothing is wanted of a server but answers; one that broke off is asked for its rest.
        let Some(last) = last else {
            return Err(StreamableHttpError::ServerDoesNotSupportSse);
        };
        let last = HeaderValue::from_str(&last).map_err(|_| StreamableHttpError::ServerDoesNotSupportSse)?;
        headers.insert(HeaderName::from_static("last-event-id"), last);
        let answer = self.send("GET", session.as_deref(), headers, None).await?;
        match answer.status {
            200 => Ok(self.events(answer)),
            405 => Err(StreamableHttpError::ServerDoesNotSupportSse),
            status => Err(StreamableHttpError::Client(Failure::status(status, ""))),
        }
    }
}
