//! A data folder with an imported log, and `hedgerow serve` on it, spoken to over plain HTTP.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::shell::{Shell, root, target};

/// The project that tasks import into.
pub(crate) const PROJECT: &str = "site";

/// A data folder and the binary that works on it.
pub(crate) struct Data {
    hedgerow: PathBuf,
    folder: PathBuf,
    /// Removes the folder with this value; none for one that is kept.
    _temporary: Option<tempfile::TempDir>,
}

/// An import, as its own report and as seen from outside.
pub(crate) struct Import {
    /// What `--json` printed.
    pub(crate) report: Value,
    /// How long the process ran.
    pub(crate) elapsed: Duration,
    /// The time of all its threads.
    pub(crate) cpu: Duration,
    /// The most memory it had at once, in MB of 1,000,000 bytes.
    pub(crate) peak_mb: f64,
}

impl Data {
    /// An empty folder.
    pub(crate) fn empty(hedgerow: &Path) -> Result<Self> {
        fs_err::create_dir_all(target())?;
        let folder = tempfile::Builder::new().prefix("data-").tempdir_in(target())?;
        Ok(Self {
            hedgerow: hedgerow.to_path_buf(),
            folder: folder.path().to_path_buf(),
            _temporary: Some(folder),
        })
    }

    /// A folder that stays where it is.
    pub(crate) fn kept(hedgerow: &Path, folder: &Path) -> Self {
        Self {
            hedgerow: hedgerow.to_path_buf(),
            folder: folder.to_path_buf(),
            _temporary: None,
        }
    }

    /// A folder with the sample log.
    pub(crate) fn with_sample(hedgerow: &Path) -> Result<Self> {
        let data = Self::empty(hedgerow)?;
        data.import(&sample_log())?;
        Ok(data)
    }

    /// The binary on this folder, without a project.
    pub(crate) fn hedgerow_without_project(&self, arguments: &[&str]) -> Shell {
        let shell = Shell::new(&self.hedgerow).arg("--data").arg(&self.folder);
        shell.args(arguments)
    }

    /// The folder itself.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of the project's catalog and files.
    pub(crate) fn project_folder(&self) -> PathBuf {
        self.folder.join("projects").join(PROJECT)
    }

    /// The binary on this folder and project.
    pub(crate) fn hedgerow(&self, arguments: &[&str]) -> Shell {
        let of_project = ["--project", PROJECT];
        self.hedgerow_without_project(&[&of_project, arguments].concat())
    }

    /// Imports an access log.
    pub(crate) fn import(&self, log: &Path) -> Result<Import> {
        self.import_as("access-log", log)
    }

    /// Imports a file in one of the formats that `hedgerow import` has, and watches the process.
    pub(crate) fn import_as(&self, format: &str, file: &Path) -> Result<Import> {
        let file = file.to_string_lossy();
        let cpu = children_cpu()?;
        let start = Instant::now();
        let mut command = self.hedgerow(&["import", format, &file, "--json"]).into_command();
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .context("starting hedgerow import")?;
        let mut peak_mb: f64 = 0.0;
        let status = loop {
            peak_mb = peak_mb.max(memory_mb(child.id(), "VmHWM").unwrap_or(0.0));
            match child.try_wait()? {
                Some(status) => break status,
                None => sleep(Duration::from_millis(2)),
            }
        };
        let elapsed = start.elapsed();
        let mut report = String::new();
        child
            .stdout
            .take()
            .context("no standard output")?
            .read_to_string(&mut report)?;
        if !status.success() {
            bail!("hedgerow import {format} {file} ended with {status}: {report}");
        }
        let report = serde_json::from_str(&report).with_context(|| format!("import --json printed {report}"))?;
        Ok(Import {
            report,
            elapsed,
            cpu: children_cpu()?.saturating_sub(cpu),
            peak_mb,
        })
    }
}

/// The real log in the repository.
pub(crate) fn sample_log() -> PathBuf {
    root().join("evals/data/access-log/access.log")
}

/// A line of `/proc/PID/status` in MB.
fn memory_mb(pid: u32, key: &str) -> Option<f64> {
    let status = fs_err::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(key))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024.0 / 1e6)
}

/// What children that have ended took of the processors.
fn children_cpu() -> Result<Duration> {
    let stat = fs_err::read_to_string("/proc/self/stat")?;
    // After the program's name, which may hold anything, come the state and then numbers; these two
    // are in ticks, of which Linux shows programs a hundred a second.
    let numbers = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: Vec<u64> = numbers.skip(13).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(Duration::from_millis(ticks.iter().sum::<u64>() * 10))
}

/// A running server; it is killed when dropped.
pub(crate) struct Server {
    child: Child,
    port: u16,
    /// From the start of the process to the first page answered 200.
    pub(crate) first_page: Duration,
}

impl Server {
    /// Starts the server on a free port and waits for its first page.
    pub(crate) fn start(data: &Data, arguments: &[&str]) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let listen = format!("127.0.0.1:{port}");
        let shell = data.hedgerow(&["serve", "--listen", &listen]).args(arguments);
        let start = Instant::now();
        let child = shell
            .into_command()
            .stdout(Stdio::null())
            .spawn()
            .context("starting hedgerow serve")?;
        let mut server = Self {
            child,
            port,
            first_page: Duration::ZERO,
        };
        loop {
            if server.get("/").is_ok_and(|(status, _)| status == 200) {
                server.first_page = start.elapsed();
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                bail!("hedgerow serve ended with {status}");
            }
            if start.elapsed() > Duration::from_secs(60) {
                bail!("hedgerow serve answered no page within 60 s");
            }
            sleep(Duration::from_millis(1));
        }
    }

    /// The address without a path.
    pub(crate) fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The memory it has now, in MB of 1,000,000 bytes.
    pub(crate) fn memory_mb(&self) -> Result<f64> {
        memory_mb(self.child.id(), "VmRSS").context("the server's memory cannot be read")
    }

    /// The most memory it had at once.
    pub(crate) fn peak_mb(&self) -> Result<f64> {
        memory_mb(self.child.id(), "VmHWM").context("the server's memory cannot be read")
    }

    pub(crate) fn get(&self, path: &str) -> Result<(u16, String)> {
        self.request("GET", path, "")
    }

    pub(crate) fn get_json(&self, path: &str) -> Result<Value> {
        json(path, self.get(path)?)
    }

    /// Posts JSON and reads JSON; an error status is an error.
    pub(crate) fn post_json(&self, path: &str, body: &Value) -> Result<Value> {
        json(path, self.request("POST", path, &body.to_string())?)
    }

    /// Asks a question and waits for the run's end; returns the thread and its events as they were
    /// streamed.
    pub(crate) fn ask(&self, body: &Value) -> Result<(Value, String)> {
        let started = self.post_json(&format!("/api/projects/{PROJECT}/runs"), body)?;
        let run = started["run_id"].as_str().context("no run_id")?;
        // The stream ends with the run.
        let (status, events) = self.get(&format!("/api/runs/{run}/events"))?;
        if status != 200 {
            bail!("the events of {run} answered {status}: {events}");
        }
        Ok((self.get_json(&format!("/api/runs/{run}"))?, events))
    }

    fn request(&self, method: &str, path: &str, body: &str) -> Result<(u16, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(120)))?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.port,
            body.len()
        )?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        parse_response(&bytes)
    }

    /// Stops it as a service manager does, and wants a clean end.
    pub(crate) fn stop(mut self) -> Result<()> {
        Shell::new("kill").args(["-TERM", &self.child.id().to_string()]).run()?;
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(10) {
            if let Some(status) = self.child.try_wait()? {
                if !status.success() {
                    bail!("hedgerow serve ended with {status} when told to stop");
                }
                return Ok(());
            }
            sleep(Duration::from_millis(5));
        }
        bail!("hedgerow serve did not stop within 10 s")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn json(path: &str, (status, body): (u16, String)) -> Result<Value> {
    if status >= 300 {
        bail!("{path} answered {status}: {body}");
    }
    serde_json::from_str(&body).with_context(|| format!("{path} answered no JSON: {body}"))
}

fn parse_response(bytes: &[u8]) -> Result<(u16, String)> {
    let end = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .context("no HTTP response")?;
    let head = std::str::from_utf8(&bytes[..end])?.to_ascii_lowercase();
    let status = head.split(' ').nth(1).context("no HTTP status")?.parse()?;
    let mut body = &bytes[end + 4..];
    if !head.contains("transfer-encoding: chunked") {
        return Ok((status, String::from_utf8(body.to_vec())?));
    }
    let mut whole = Vec::new();
    loop {
        let line = body.windows(2).position(|two| two == b"\r\n").context("cut chunk")?;
        let length = usize::from_str_radix(std::str::from_utf8(&body[..line])?.trim(), 16)?;
        if length == 0 {
            return Ok((status, String::from_utf8(whole)?));
        }
        let chunk = body.get(line + 2..line + 2 + length).context("cut chunk")?;
        whole.extend_from_slice(chunk);
        body = body.get(line + 4 + length..).context("cut chunk")?;
    }
}

#[cfg(test)]
mod tests {
    use super::parse_response;

    #[test]
    fn responses_are_parsed_plain_and_chunked() {
        let plain = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        assert_eq!(parse_response(plain).unwrap(), (200, "ok".to_owned()));
        let chunked =
            b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n";
        assert_eq!(parse_response(chunked).unwrap(), (404, "abc0123456789".to_owned()));
        assert!(parse_response(&chunked[..chunked.len() - 12]).is_err());
        assert!(parse_response(b"HTTP/1.1 200").is_err());
    }
}
