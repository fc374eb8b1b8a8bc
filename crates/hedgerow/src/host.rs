//! What only the binary can do for verbs: serve, look at the served page, and bring the demo's log.

use std::net::SocketAddr;
use std::path::PathBuf;

use async_trait::async_trait;
use fs_err as fs;
use hedgerow_app::App;
use hedgerow_cli::{Cancel, Host};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_http::WithoutKey;
use hedgerow_lake::DataFolder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::socket;

/// The real web server log that the demo imports; where it is from: `evals/data/access-log/SOURCE.md`.
const DEMO_LOG: &[u8] = include_bytes!("../../../evals/data/access-log/access.log");

/// The process itself.
pub(crate) struct LocalHost {
    /// The folder that holds everything.
    pub(crate) data_dir: PathBuf,
}

#[async_trait]
impl Host for LocalHost {
    async fn serve(
        &self,
        app: &App,
        listen: SocketAddr,
        require_key: bool,
        cancel: Cancel,
        ready: &(dyn for<'a> Fn(&'a str) + Send + Sync),
    ) -> Result<()> {
        let path = DataFolder::socket(app.data_dir());
        let listening = socket::listen(&path, app.clone())?;
        let listener = hedgerow_http::bind(listen).await?;
        let address = listener
            .local_addr()
            .map_err(|error| Error::caused(Code::Io, "cannot tell the address", error))?;
        ready(&format!("http://{address}/"));
        let without_key = if require_key {
            WithoutKey::Nobody
        } else {
            WithoutKey::Local
        };
        let served = hedgerow_http::serve(
            app.clone(),
            listener,
            without_key,
            async move { cancel.cancelled().await },
        )
        .await;
        listening.abort();
        fs::remove_file(&path)?;
        served
    }

    async fn first_page(&self, url: &str) -> Result<u16> {
        let failed = |error| Error::caused(Code::Unavailable, format!("cannot fetch {url}"), error);
        let address = url.trim_start_matches("http://").trim_end_matches('/');
        let mut stream = TcpStream::connect(address).await.map_err(failed)?;
        let request = format!("GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.map_err(failed)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.map_err(failed)?;
        let status = answer
            .get(9..12)
            .and_then(|status| std::str::from_utf8(status).ok()?.parse().ok());
        status.ok_or_else(|| Error::new(Code::Unavailable, format!("{url} did not answer in HTTP")))
    }

    async fn demo_log(&self) -> Result<PathBuf> {
        let folder = self.data_dir.join("demo");
        fs::create_dir_all(&folder)?;
        let path = folder.join("access.log");
        fs::write(&path, DEMO_LOG)?;
        Ok(path)
    }
}
