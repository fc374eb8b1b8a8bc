//! What comes back: bounded, and with the secrets that it echoes taken out.

use futures::{Stream, stream};
use hedgerow_agent_api::egress::EgressResponse;
use hedgerow_errors::{Code, Error, Result};
use reqwest::Response;

use crate::client::unreachable_host;

/// An answer whose head has come.
pub(crate) struct Answer {
    response: Response,
    /// The secrets that were sent, by their names.
    used: Vec<(String, String)>,
    most_bytes: usize,
    /// Scheme and host, for errors.
    host: String,
    /// Bytes that have come.
    come: usize,
    /// The line that has not come to its end.
    unfinished: Vec<u8>,
    is_over: bool,
}

impl Answer {
    pub(crate) fn new(response: Response, used: Vec<(String, String)>, most_bytes: usize, host: String) -> Self {
        Self {
            response,
            used,
            most_bytes,
            host,
            come: 0,
            unfinished: Vec::new(),
            is_over: false,
        }
    }

    pub(crate) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// The headers; one that is no text is left out.
    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        let texts = self.response.headers().iter().filter_map(|(name, value)| {
            let value = value.to_str().ok()?;
            Some((name.as_str().to_owned(), self.clean(value)))
        });
        texts.collect()
    }

    /// The whole of it.
    pub(crate) async fn whole(mut self) -> Result<EgressResponse> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(EgressResponse {
            status: self.status(),
            headers: self.headers(),
            body: self.clean(&String::from_utf8_lossy(&bytes)),
        })
    }

    /// Its lines as they come. A secret has no line break, as no header has, so that each line can be looked at for
    /// itself.
    pub(crate) fn lines(self) -> impl Stream<Item = Result<String>> + Send + 'static {
        stream::unfold(self, |mut answer| async move {
            let line = answer.line().await.transpose()?;
            if line.is_err() {
                // What comes after a failure is no line.
                answer.is_over = true;
                answer.unfinished.clear();
            }
            Some((line, answer))
        })
    }

    async fn line(&mut self) -> Result<Option<String>> {
        loop {
            if let Some(end) = self.unfinished.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.unfinished.drain(..=end).collect();
                return Ok(Some(self.text(&line)));
            }
            if self.is_over {
                let rest = std::mem::take(&mut self.unfinished);
                return Ok((!rest.is_empty()).then(|| self.text(&rest)));
            }
            match self.chunk().await? {
                Some(chunk) => self.unfinished.extend_from_slice(&chunk),
                None => self.is_over = true,
            }
        }
    }

    /// A line without its end.
    fn text(&self, line: &[u8]) -> String {
        let text = String::from_utf8_lossy(line);
        self.clean(text.trim_end_matches(['\n', '\r']))
    }

    async fn chunk(&mut self) -> Result<Option<Vec<u8>>> {
        let chunk = self.response.chunk().await;
        let Some(chunk) = chunk.map_err(|error| unreachable_host(&self.host, error))? else {
            return Ok(None);
        };
        self.come += chunk.len();
        if self.come > self.most_bytes {
            let message = format!("{} answers with more than {} bytes", self.host, self.most_bytes);
            return Err(Error::new(Code::LimitExceeded, message).with_hint("ask for less at once"));
        }
        Ok(Some(chunk.to_vec()))
    }

    /// A text without the secrets that it echoes.
    fn clean(&self, text: &str) -> String {
        let mut clean = text.to_owned();
        for (name, secret) in &self.used {
            clean = clean.replace(secret.as_str(), &format!("${{secret:{name}}}"));
        }
        clean
    }
}
